"""Writes the reference files beside it: what PyTorch computes for small models.

    pip install torch numpy safetensors
    python testdata/torch/make.py

The other modules beside it hold further cases; where names of cases are given, or what some begin with, only those are
written:

    python testdata/torch/make.py lstm attention_causal

Each case is two files. NAME.nn is the model in the language of nnc. NAME.safetensors holds, in float64 (labels in int32):

    weight/W        the weights, by the names and in the layout of a state_dict
    input/P         a batch of every input, target/P of every target
    output[/O]      the outputs, by name where there are several
    seed[/O]        a random gradient of each output, and
    vjp/P           the gradients of the inputs that follow from it (the vector-Jacobian product)
    loss            of the batch, where there is a loss
    loss/forward    the same as training computes it, where that differs: a layer may measure the batch
    dweight/W       the gradients of the loss, in training, by weights and inputs
    dinput/P

A case of an optimizer has weights, outputs (of the first batch), inputs and targets of three batches, used in turn, and

    losses          (steps) the loss before each step
    rates           (steps) the learning rate of each step
    steps/W         (steps, ...) the weights after each step
    clock           the steps an epoch, and the epochs in all

The model MLP has also its initial weights as PyTorch saves a
state_dict, in mlp.float32.weights.safetensors and mlp.float64.weights.safetensors. To see that PyTorch takes a weight file
of that model that nnc has written:

    python testdata/torch/make.py load FILE

The reference is the function or class of PyTorch that the first line of each .nn file names. Where PyTorch has none of the
same definition, or another one, it is the formula of the language reference written out with tensors: the line then says
formula, and the function here says why. Gradients are always autograd's.

The numbers are drawn from a generator seeded by the name of the case, so that cases do not depend on each other. Another
version of PyTorch, or another processor, may change last digits.
"""

import importlib
import math
import pathlib
import re
import sys
import zlib

import numpy as np
import safetensors
import safetensors.torch
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
MODULES = ["convolutions", "norms", "sequences"]  # further files of cases, each with a function add
ROWS = 4  # of a batch
OPTIMIZER = "sgd(lr: 0.1)"  # of cases that are not about one: gradients do not depend on it

# Points around every kink and far out on both sides. Softplus and mish are linear beyond 20 in PyTorch, and differ by up to
# 2e-9 there from their formula: no point lies just above.
POINTS = [-800, -40, -8, -6, -3, -1.5, -1, -0.5, -0.1, -0.0, 0.0, 0.001, 0.1, 0.5, 1, 1.5, 2, 3, 5, 6, 8, 15, 40, 800]
# The same for what grows exponentially.
MODERATE = [-30, -8, -6, -3, -2, -1.5, -1, -0.8, -0.5, -0.1, -0.0, 0.0, 0.001, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 3, 4, 5, 6]
POSITIVE = [1e-6, 1e-3, 0.01, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1, 1.1, 1.5, 2, 2.5, 3, 4, 5, 7, 9, 10, 16, 50, 100, 800]

CASES = {}  # name -> function that writes it


# ---------------------------------------------------------------------------- models in both notations


def parse_port(text):
    """The shape without the batch and the number of classes: "[5]class(3)" is ([5], 3), "[2]" is ([2], 0), "" is ([1], 0)."""
    m = re.fullmatch(r"(\[[\d, ]+\])?(?:class\((\d+)\))?", text)
    shape = [int(n) for n in m[1][1:-1].split(",")] if m[1] else [] if m[2] else [1]
    return shape, int(m[2] or 0)


def camel(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def aligned(rows):
    width = max(len(key) for key, _ in rows)
    return "".join(f"\t{key.ljust(width)} {value}".rstrip() + "\n" for key, value in rows)


def source(name, by, inputs, targets, layers, loss, optimizer, shared="", train=""):
    """The text of a .nn file. layers is a line or several, loss an item or a list of them."""
    text = f"// The reference is {by}.\nmodel {camel(name)} {{\n"
    text += aligned([("input", f"{k} {v}") for k, v in inputs.items()] + [("target", f"{k} {v}") for k, v in targets.items()])
    if shared:
        text += f"\n\t{shared}\n"
    text += "\n\tlayers {\n" + "".join(f"\t\t{line}\n" for line in layers.strip().splitlines()) + "\t}\n"
    if loss:
        losses = [loss] if isinstance(loss, str) else loss
        text += "\n" + aligned([("loss", term) for term in losses] + ([("optimizer", optimizer)] if optimizer else []))
    return text + train + "}\n"


class Draw:
    """Random numbers of a case."""

    def __init__(self, name):
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))

    def numbers(self, *shape, scale=1.0):
        """Normal numbers that float32 holds exactly, so that both precisions start from the same."""
        return torch.from_numpy((self.rng.standard_normal(shape) * scale).astype(np.float32).astype(np.float64))

    def port(self, text, *lead):
        shape, classes = parse_port(text)
        if classes:
            return torch.from_numpy(self.rng.integers(0, classes, (*lead, *shape)))
        return self.numbers(*lead, *shape)


def tensor(values):
    return torch.tensor(values, dtype=torch.double)


def write(name, text, tensors):
    (HERE / f"{name}.nn").write_text(text)
    tensors = {k: (v.detach() if v.is_floating_point() else v.int()).contiguous().clone() for k, v in tensors.items()}
    # One key, since several come in an order of their own every time.
    safetensors.torch.save_file(tensors, HERE / f"{name}.safetensors", {"torch": torch.__version__})


def model(name, by, inputs, targets, layers, loss, f, weights={}, data={}, optimizer=OPTIMIZER, shared="", training=None, fixed=()):
    """Adds a case of values and gradients.

    weights maps names to shapes, or to values; data gives values of ports. f(w, **inputs, **targets) computes
    (outputs, loss): outputs is a tensor, or a dict of them by name; without a loss it is the outputs alone. training is such a
    function too, of what training computes where that differs; fixed names weights that have no gradient.
    """

    def make():
        draw = Draw(name)
        w = {k: draw.numbers(*v, scale=0.7) if isinstance(v, tuple) else tensor(v) for k, v in weights.items()}
        ports = {}
        for group in inputs, targets:
            for k, v in group.items():
                shape, classes = parse_port(v)
                if k in data:
                    given = torch.tensor(data[k], dtype=torch.long if classes else torch.double)
                    ports[k] = given.reshape(given.numel() // math.prod(shape), *shape)
                else:
                    ports[k] = draw.port(v, ROWS)
        differentiable = {f"weight/{k}": v for k, v in w.items() if k not in fixed}
        differentiable |= {f"input/{k}": ports[k] for k in inputs if ports[k].is_floating_point()}
        for v in differentiable.values():
            v.requires_grad_()
        got = f(w, **ports)
        outputs, total = got if loss else (got, None)
        if not isinstance(outputs, dict):
            outputs = {"": outputs}

        t = {f"weight/{k}": v for k, v in w.items()}
        t |= {f"input/{k}": ports[k] for k in inputs}
        t |= {f"target/{k}": ports[k] for k in targets}
        for k, v in outputs.items():
            suffix = f"/{k}" if k else ""
            t[f"output{suffix}"] = v
            t[f"seed{suffix}"] = draw.numbers(*v.shape)
        along = [(v, t["seed" + (f"/{k}" if k else "")]) for k, v in outputs.items() if v.requires_grad]
        free = [k for k in inputs if f"input/{k}" in differentiable]

        def gradients(of, by, seeds=None):
            got = torch.autograd.grad(of, by, seeds, retain_graph=True, allow_unused=True) if of else [None] * len(by)
            return [torch.zeros_like(x) if g is None else g for g, x in zip(got, by)]

        if free:
            for k, g in zip(free, gradients([v for v, _ in along], [ports[k] for k in free], [s for _, s in along])):
                t[f"vjp/{k}"] = g
        if total is not None:
            t["loss"] = total.reshape(())
            if training:
                _, total = training(w, **ports)
                t["loss/forward"] = total.reshape(())
            if optimizer:
                for k, g in zip(differentiable, gradients([total], list(differentiable.values()))):
                    t[f"d{k}"] = g
        write(name, source(name, by, inputs, targets, layers, loss, optimizer, shared), t)

    assert name not in CASES, name
    CASES[name] = make


def linear(w, name, x):
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def dense(name, inputs, units):
    return {f"{name}.weight": (units, inputs), f"{name}.bias": (units,)}


# ---------------------------------------------------------------------------- layers


def layer(name, by, call, f, shape="[6]", weights={}, points=None):
    """Adds a case of a layer straight on an input. Its values are one output, and what trains stands behind it: a dense of
    all its elements, so that the loss's gradient passes through it too."""
    inputs, x = {"x": shape}, torch.zeros(1, *parse_port(shape)[0], dtype=torch.double)
    zeros = {k: torch.zeros(*v, dtype=torch.double) if isinstance(v, tuple) else tensor(v) for k, v in weights.items()}
    size = f(zeros, x)[0].numel()

    def g(w, x, y):
        value = f(w, x)
        fit = linear(w, "fit", value.flatten(1))
        return {"value": value, "fit": fit}, F.mse_loss(fit, y)

    layers = f"value = x -> {call}\nfit = value -> flatten -> dense(2, name: fit)\n(value, fit)"
    model(name, by, inputs, {"y": "[2]"}, layers, "(fit, y) -> mse", g, weights | dense("fit", size, 2), {"x": points} if points else {})


def torch_f(name):
    return f"torch.nn.functional.{name}"


def activations():
    for name, f in {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "hard_tanh": F.hardtanh,
        "relu": F.relu,
        "relu6": F.relu6,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "selu": F.selu,
        "gelu": F.gelu,
        "silu": F.silu,
        "mish": F.mish,
        "softplus": F.softplus,
        "softsign": F.softsign,
    }.items():
        layer(name, torch_f(name.replace("_tanh", "tanh")), name, lambda w, x, f=f: f(x), points=POINTS)
    # PyTorch's own hardsigmoid has the derivative 1/6 in single precision, whatever it is given.
    hard_sigmoid = lambda w, x: F.hardtanh(x / 6 + 0.5, 0, 1)
    layer("hard_sigmoid", "formula: torch.nn.functional.hardtanh of x/6 + 1/2, from 0 to 1", "hard_sigmoid", hard_sigmoid, points=POINTS)
    # Not as an output: that would be the input itself.
    model("identity", "torch.nn.Identity", {"x": "[6]"}, {"y": "[2]"}, "identity -> dense(2)", "mse",
          lambda w, x, y: (linear(w, "dense1", x), F.mse_loss(linear(w, "dense1", x), y)), dense("dense1", 6, 2), {"x": POINTS})
    layer("leaky_relu_slope", torch_f("leaky_relu"), "leaky_relu(slope: 0.3)", lambda w, x: F.leaky_relu(x, 0.3), points=POINTS)
    layer("elu_alpha", torch_f("elu"), "elu(alpha: 0.5)", lambda w, x: F.elu(x, 0.5), points=POINTS)
    layer("prelu", torch_f("prelu"), "prelu", lambda w, x: F.prelu(x, w["prelu1.weight"]), weights={"prelu1.weight": [0.3]}, points=POINTS)
    layer("prelu_image", torch_f("prelu"), "prelu", lambda w, x: F.prelu(x, w["prelu1.weight"]), "[2, 3, 2]", {"prelu1.weight": [-0.2]})
    layer("gelu_image", torch_f("gelu"), "gelu", lambda w, x: F.gelu(x), "[2, 3, 2]")
    step = lambda w, x: torch.heaviside(x.detach(), torch.zeros((), dtype=torch.double))  # it has no derivative
    model("step", "torch.heaviside with 0 at 0", {"x": "[6]"}, {}, "step", "", step, data={"x": POINTS})

    # Scores with ties, and too large for exp; the last row is far from the others.
    scores = [[1, 1, 1, 1], [0.5, -1, 3, 0], [1000, 0, -1000, 999], [-800, -801, -800, -802]]
    for name in "softmax", "log_softmax":
        f = getattr(F, name)
        layer(name, torch_f(name), name, lambda w, x, f=f: f(x, -1), "[4]")
        layer(f"{name}_large", torch_f(name), name, lambda w, x, f=f: f(x, -1), "[4]", points=scores)
        layer(f"{name}_sequence", torch_f(name), name, lambda w, x, f=f: f(x, -1), "[3, 4]")


def root(x):
    """The square root, with derivative 0 at 0, where PyTorch's is infinite."""
    return torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0)


def elementwise():
    for name, f, points in [
        ("neg", torch.neg, POINTS),
        ("square", torch.square, POINTS),
        ("exp", torch.exp, MODERATE),
        ("log", torch.log, POSITIVE),
        ("abs", torch.abs, POINTS),
    ]:
        layer(name, f"torch.{name}", name, lambda w, x, f=f: f(x), points=points)
    layer("sqrt", "torch.sqrt; formula at 0: a derivative of 0", "sqrt", lambda w, x: root(x), points=[0] + POSITIVE[1:])
    # As clamp, whose derivative at the limits is 1 up to PyTorch 2.13, and 0 from 2.14 on; hardtanh's has always been 0.
    layer("clip", torch_f("hardtanh"), "clip(-0.5, 1.5)", lambda w, x: F.hardtanh(x, -0.5, 1.5), points=POINTS)
    layer("scale", "torch.mul", "scale(-2.5)", lambda w, x: -2.5 * x, points=POINTS)
    for name in "sum", "mean":
        f = getattr(torch, name)
        layer(name, f"torch.{name}", name, lambda w, x, f=f: f(x, 1, keepdim=True), "[5]")
        layer(f"{name}_image", f"torch.{name}", name, lambda w, x, f=f: f(x.flatten(1), 1, keepdim=True), "[2, 3, 2]")

    def arithmetic(w, a, b, y):
        out = {"sums": (a + b) - (2 - a) + (b - 0.5), "product": a * b * 3, "ratio": a / (b * b + 1) + 1 / (a * a + 2) - b / 4, "minus": -(a * a)}
        fit = linear(w, "fit", torch.cat(list(out.values()), 1))
        return out | {"fit": fit}, F.mse_loss(fit, y)

    model("arithmetic", "torch.add, sub, mul and div", {"a": "[3]", "b": "[3]"}, {"y": "[2]"}, """
sums = a + b - (2 - a) + (b - 0.5)
product = a * b * 3
ratio = a / (b * b + 1) + 1 / (a * a + 2) - b / 4
minus = -(a * a)
fit = (sums, product, ratio, minus) -> concat -> dense(2, name: fit)
(sums, product, ratio, minus, fit)
""", "(fit, y) -> mse", arithmetic, dense("fit", 12, 2))

    def distance(w, a, b, y):
        za, zb = linear(w, "Enc.dense1", a), linear(w, "Enc.dense1", b)
        out = root((za - zb).square().sum(1, keepdim=True))
        return out, F.mse_loss(out, y)

    x = [[1, 2, 3], [0.5, -1, 0], [1, 1, 1], [0, 2, -2]]
    model("distance", "torch; formula of sqrt at 0: a derivative of 0", {"a": "[3]", "b": "[3]"}, {"y": ""}, "(a -> Enc) - (b -> Enc) -> square -> sum -> sqrt",
          "mse", distance, dense("Enc.dense1", 3, 2), {"a": x, "b": x[:2] + [[0, 1, 2], [3, 0, 1]]}, shared="shared Enc = dense(2)")


def shapes():
    linear1 = lambda w, x: linear(w, "dense1", x)
    by = torch_f("linear")
    layer("dense", by, "dense(3)", linear1, "[4]", dense("dense1", 4, 3))
    layer("dense_no_bias", by, "dense(3, bias: false)", linear1, "[4]", {"dense1.weight": (3, 4)})
    layer("dense_sequence", by, "dense(2)", linear1, "[3, 4]", dense("dense1", 4, 2))
    layer("dense_sequence_no_bias", by, "dense(2, bias: false)", linear1, "[3, 4]", {"dense1.weight": (2, 4)})
    layer("dense_relu", by, "dense(5) -> relu", lambda w, x: F.relu(linear1(w, x)), "[4]", dense("dense1", 4, 5))
    layer("dense_one", by, "dense(1) -> sigmoid", lambda w, x: torch.sigmoid(linear1(w, x)), "[2]", dense("dense1", 2, 1))
    # Larger than a block of a matrix kernel in every direction, and no multiple of one.
    layer("dense_large", by, "dense(37) -> relu -> dense(19)", lambda w, x: linear(w, "dense2", F.relu(linear1(w, x))), "[29]", dense("dense1", 29, 37) | dense("dense2", 37, 19))

    def by_hand(w, x, y):
        fixed = F.linear(x, tensor([[1, -2, 3], [0.5, 0, -1]]), tensor([0.1, -0.2]))
        z = linear(w, "dense2", torch.tanh(fixed))
        return z, F.mse_loss(z, y)

    model("dense_by_hand", by, {"x": "[3]"}, {"y": "[2]"}, "dense(2, weights: [[1, -2, 3], [0.5, 0, -1]], bias: [0.1, -0.2]) -> tanh\ndense(2)", "mse", by_hand, dense("dense2", 2, 2))

    layer("flatten", "torch.flatten", "flatten", lambda w, x: x.flatten(1), "[2, 3, 2]")
    layer("reshape", "torch.reshape", "reshape([4, 3])", lambda w, x: x.reshape(-1, 4, 3), "[2, 3, 2]")
    layer("transpose", "torch.permute", "transpose([1, 0])", lambda w, x: x.permute(0, 2, 1), "[2, 3]")
    layer("transpose_image", "torch.permute", "transpose([2, 0, 1])", lambda w, x: x.permute(0, 3, 1, 2), "[2, 3, 4]")
    layer("slice", "torch.narrow", "slice(axis: 0, from: 1, to: 3)", lambda w, x: x[:, 1:3], "[4]")
    layer("slice_sequence", "torch.narrow", "slice(axis: 1, from: 0, to: 2)", lambda w, x: x[:, :, :2], "[2, 3]")
    layer("slice_image", "torch.narrow", "slice(axis: 1, from: 2, to: 3)", lambda w, x: x[:, :, 2:], "[2, 3, 2]")
    model("dropout_none", "torch.nn.Dropout", {"x": "[5]"}, {"y": "[2]"}, "dropout(0) -> dense(2)", "mse",
          lambda w, x, y: (linear1(w, F.dropout(x, 0.0)), F.mse_loss(linear1(w, x), y)), dense("dense1", 5, 2))
    layer("normalize", "torchvision's formula", "normalize(mean: 0.5, std: 2)", lambda w, x: (x - 0.5) / 2, "[4]")
    features = lambda w, x: (x - tensor([1, 2, 3])) / tensor([0.5, 1, 2])
    layer("normalize_features", "torchvision's formula", "normalize(mean: [1, 2, 3], std: [0.5, 1, 2])", features, "[3]")
    layer("normalize_sequence", "torchvision's formula", "normalize(mean: [1, 2, 3], std: [0.5, 1, 2])", features, "[2, 3]")
    channels = lambda w, x: (x - tensor([0.5, -0.5]).reshape(2, 1, 1)) / tensor([0.5, 2]).reshape(2, 1, 1)
    layer("normalize_image", "torchvision's formula", "normalize(mean: [0.5, -0.5], std: [0.5, 2])", channels, "[2, 3, 2]")
    # Without an optimizer, since a mask of training is no business of another generator's.
    model("dropout_predict", "torch.nn.Dropout in eval mode", {"x": "[5]"}, {"y": "[2]"}, "dropout(0.4) -> dense(2)", "mse",
          lambda w, x, y: (linear1(w, F.dropout(x, 0.4, training=False)), F.mse_loss(linear1(w, x), y)), dense("dense1", 5, 2), optimizer="")

    def concat(axis, *names):
        def f(w, y, **x):
            value = torch.cat([x[n] for n in names], axis + 1)
            fit = linear(w, "fit", value.flatten(1))
            return {"value": value, "fit": fit}, F.mse_loss(fit, y)

        return f

    joined = "value = (a, b) -> concat\nfit = value -> dense(2, name: fit)\n(value, fit)"
    model("concat", "torch.cat", {"a": "[2]", "b": "[3]"}, {"y": "[2]"}, joined, "(fit, y) -> mse", concat(0, "a", "b"), dense("fit", 5, 2))
    joined = "value = (a, b, c) -> concat(axis: 1)\nfit = value -> flatten -> dense(2, name: fit)\n(value, fit)"
    model("concat_sequence", "torch.cat", {"a": "[2, 3]", "b": "[2, 1]", "c": "[2, 2]"}, {"y": "[2]"}, joined, "(fit, y) -> mse", concat(1, "a", "b", "c"), dense("fit", 12, 2))


def wholes():
    """Models of several parts."""

    def residual(w, x, y):
        h = F.relu(linear(w, "dense1", x))
        h = h + torch.tanh(linear(w, "dense2", h))
        out = linear(w, "dense3", h * h - h)
        return out, F.mse_loss(out, y)

    model("residual", "torch", {"x": "[3]"}, {"y": "[2]"}, "h = dense(4) -> relu\nr = h + (h -> dense(4) -> tanh)\nr * r - r -> dense(2)", "mse", residual,
          dense("dense1", 3, 4) | dense("dense2", 4, 4) | dense("dense3", 4, 2))

    def shared(w, left, right, same):
        enc = lambda x: torch.tanh(linear(w, "Enc.dense2", F.relu(linear(w, "Enc.dense1", x))))
        out = linear(w, "dense1", (enc(left) - enc(right)).abs())
        return torch.sigmoid(out), F.binary_cross_entropy_with_logits(out, same)

    model("shared", "torch, with one module called twice", {"left": "[3]", "right": "[3]"}, {"same": ""},
          "l = left -> Enc\nr = right -> Enc\nl - r -> abs -> dense(1) -> sigmoid", "binary_cross_entropy", shared,
          dense("Enc.dense1", 3, 4) | dense("Enc.dense2", 4, 3) | dense("dense1", 3, 1), {"same": [1.0, 0.0, 0.0, 1.0]}, shared="shared Enc = dense(4) -> relu -> dense(3) -> tanh")

    def twin(w, image, extra, digit, score):
        h = F.relu(torch.cat([linear(w, "dense1", image.flatten(1)), linear(w, "dense2", extra)], 1))
        z, s = linear(w, "dense3", h), linear(w, "dense4", h)
        loss = F.cross_entropy(z, digit, ignore_index=-1) + 0.5 * F.huber_loss(s, score, delta=0.7)
        return {"class": F.softmax(z, -1), "value": s}, loss

    model("twin", "torch", {"image": "[1, 2, 3]", "extra": "[2]"}, {"digit": "class(3)", "score": "[2]"}, """
a = image -> flatten -> dense(3)
b = extra -> dense(2)
h = (a, b) -> concat -> relu
class = h -> dense(3) -> softmax
value = h -> dense(2)
(class, value)
""", ["(class, digit) -> cross_entropy", "(value, score) -> huber(delta: 0.7, weight: 0.5)"], twin,
          dense("dense1", 6, 3) | dense("dense2", 2, 2) | dense("dense3", 5, 3) | dense("dense4", 5, 2), {"digit": [2, -1, 0, 2]})

    def penalised(w, x, y):
        out = linear(w, "dense2", F.prelu(linear(w, "dense1", x), w["prelu1.weight"]))
        weights = [w["dense1.weight"], w["dense2.weight"]]
        return out, F.mse_loss(out, y) + 0.01 * sum(v.abs().sum() for v in weights) + 0.03 / 2 * sum(v.square().sum() for v in weights)

    model("penalties", "formula: l1 and l2 over the weights of dense", {"x": "[3]"}, {"y": "[2]"}, "dense(4) -> prelu\ndense(2)", ["mse", "l1(0.01)", "l2(0.03)"], penalised,
          {"dense1.weight": [[0.5, 0.0, -1.0], [0.0, 0.25, 2.0], [1.0, -0.0, 0.5], [0.1, 0.2, -0.3]], "dense1.bias": (4,), "prelu1.weight": [0.25], "dense2.weight": (2, 4), "dense2.bias": (2,)})


# ---------------------------------------------------------------------------- losses


def loss_case(name, by, outputs, target, call, f, ending="", data={}, exact=None):
    """Adds a case of a loss behind a dense layer: f(scores, target), scores being what stands before the ending (softmax,
    …). exact gives the scores themselves, to meet kinks: the layer then has the unit matrix."""
    shape, _ = parse_port(outputs)
    n = shape[-1]
    weights = dense("dense1", n, n)
    if exact is not None:
        weights = {"dense1.weight": np.eye(n).tolist(), "dense1.bias": [0.0] * n}
        data = data | {"x": exact}
    final = {"": lambda z: z, "softmax": lambda z: F.softmax(z, -1), "log_softmax": lambda z: F.log_softmax(z, -1), "sigmoid": torch.sigmoid}[ending]

    def g(w, x, y):
        z = linear(w, "dense1", x)
        return final(z), f(z, y)

    model(name, by, {"x": outputs}, {"y": target}, f"dense({n})" + (f" -> {ending}" if ending else ""), call, g, weights, data)


def per_row(values, y):
    """Sums of rows' means: values and y (rows, T), a label of -1 does not count; a row where none does gives 0."""
    count = (y >= 0).sum(1)
    return torch.where(count > 0, torch.where(y >= 0, values, 0).sum(1) / count.clamp(min=1), 0).sum()


def distribution(name, *shape):
    """Distributions over the last axis; the first has a class that never occurs."""
    p = np.random.default_rng(zlib.crc32(name.encode())).dirichlet(np.ones(shape[-1]), shape[:-1])
    p.reshape(-1, shape[-1])[0] = [0.0] + [1 / (shape[-1] - 1)] * (shape[-1] - 1)
    return p.tolist()


LABELS = [2, 0, 1, 2]
PADDED = [2, -1, 0, -1]
STEPS = [[0, 2, 1], [1, 1, -1], [-1, -1, -1], [2, -1, 0]]  # of [3]class(3)


def cross_entropies():
    by, ce = torch_f("cross_entropy"), F.cross_entropy
    steps = lambda z: z.transpose(1, 2)  # PyTorch wants the classes second

    def case(name, target, call, f, data, shape="[3]", by=by, ending="softmax", **options):
        loss_case(name, by, shape, target, call, f, ending, {"y": data}, **options)

    case("cross_entropy", "class(3)", "cross_entropy", lambda z, y: ce(z, y), LABELS)
    case("cross_entropy_large", "class(3)", "cross_entropy", lambda z, y: ce(z, y), LABELS, exact=[[1000, 0, -1000], [-800, 0, 0], [1, 1, 1], [0.5, -500, 2]])
    case("cross_entropy_ignored", "class(3)", "cross_entropy", lambda z, y: ce(z, y, ignore_index=-1), PADDED)
    case("cross_entropy_smoothed", "class(3)", "cross_entropy(label_smoothing: 0.1)", lambda z, y: ce(z, y, label_smoothing=0.1, ignore_index=-1), PADDED)
    case("cross_entropy_sum", "class(3)", "cross_entropy(reduction: sum, weight: 0.5)", lambda z, y: 0.5 * ce(z, y, reduction="sum", ignore_index=-1), PADDED)
    # PyTorch divides 0 by 0 where no label counts.
    case("cross_entropy_none", "class(3)", "cross_entropy(label_smoothing: 0.1)", lambda z, y: 0 * z.sum(), [-1] * 4, by="formula: 0 where no label counts")
    case("cross_entropy_sequence", "[3]class(3)", "cross_entropy", lambda z, y: ce(steps(z), y, ignore_index=-1), STEPS, "[3, 3]")
    # A row's mean is over its steps that count; PyTorch's sum knows no rows.
    case("cross_entropy_sequence_sum", "[3]class(3)", "cross_entropy(label_smoothing: 0.2, reduction: sum, weight: 2)",
         lambda z, y: 2 * per_row(ce(steps(z), y, ignore_index=-1, label_smoothing=0.2, reduction="none"), y), STEPS, "[3, 3]", by=f"{by}; formula of the sum: of rows' means")
    case("cross_entropy_distribution", "[3]", "cross_entropy", lambda z, y: ce(z, y), distribution("a", 4, 3))
    case("cross_entropy_distribution_smoothed", "[3]", "cross_entropy(label_smoothing: 0.2)", lambda z, y: ce(z, y, label_smoothing=0.2), distribution("b", 4, 3))
    case("cross_entropy_distribution_sequence", "[2, 3]", "cross_entropy(weight: 3)", lambda z, y: 3 * ce(steps(z), steps(y)), distribution("c", 4, 2, 3), "[2, 3]")

    nll = torch_f("nll_loss")
    case("nll", "class(3)", "nll", lambda z, y: F.nll_loss(F.log_softmax(z, -1), y), LABELS, by=nll, ending="log_softmax")
    case("nll_ignored", "class(3)", "nll(weight: 2)", lambda z, y: 2 * F.nll_loss(F.log_softmax(z, -1), y, ignore_index=-1), PADDED, by=nll, ending="log_softmax")
    case("nll_sequence", "[3]class(3)", "nll", lambda z, y: F.nll_loss(steps(F.log_softmax(z, -1)), y, ignore_index=-1), STEPS, "[3, 3]", by=nll, ending="log_softmax")
    case("nll_sum", "class(3)", "nll(reduction: sum)", lambda z, y: F.nll_loss(F.log_softmax(z, -1), y, ignore_index=-1, reduction="sum"), PADDED, by=nll, ending="log_softmax")

    kl, kl_div = torch_f("kl_div"), lambda z, y: F.kl_div(F.log_softmax(z, -1), y, reduction="batchmean")
    case("kl_div", "[3]", "kl_div", kl_div, distribution("d", 4, 3), by=f"{kl} by batchmean")
    case("kl_div_sum", "[3]", "kl_div(reduction: sum)", lambda z, y: ROWS * kl_div(z, y), distribution("e", 4, 3), by=kl)
    # Steps are averaged; PyTorch knows only rows.
    case("kl_div_sequence", "[2, 3]", "kl_div", lambda z, y: kl_div(z, y) / 2, distribution("f", 4, 2, 3), "[2, 3]", by=f"{kl} by batchmean, divided by the steps")

    bce, logits = torch_f("binary_cross_entropy_with_logits"), F.binary_cross_entropy_with_logits
    probabilities = [[0.0, 1.0, 0.3], [1.0, 1.0, 0.0], [0.5, 0.9, 0.1], [0.0, 0.0, 1.0]]
    case("binary_cross_entropy", "[3]", "binary_cross_entropy", logits, probabilities, by=bce, ending="sigmoid")
    case("binary_cross_entropy_large", "[3]", "binary_cross_entropy", logits, probabilities, by=bce, ending="sigmoid", exact=[[800, -800, 40], [-40, 0, 800], [1, -1, -800], [30, -30, 0]])
    case("binary_cross_entropy_sum", "[2, 3]", "binary_cross_entropy(reduction: sum, weight: 0.3)", lambda z, y: 0.3 * ROWS * logits(z, y),
         [[p, q] for p, q in zip(probabilities, probabilities[::-1])], "[2, 3]", by=f"{bce}; formula of the sum: of rows' means", ending="sigmoid")
    one = lambda z, y: logits(z.flatten()[y.flatten() >= 0], y.flatten()[y.flatten() >= 0].double())
    case("binary_cross_entropy_labels", "class(2)", "binary_cross_entropy", one, [1, 0, -1, 1], "[1]", by=bce, ending="sigmoid")
    case("binary_cross_entropy_steps", "[3]class(2)", "binary_cross_entropy", one, [[1, 0, 1], [0, -1, -1], [1, 1, 0], [-1, -1, -1]], "[3, 1]", by=bce, ending="sigmoid")


def elements(loss):
    """loss(outputs, targets) with labels read as one-hot, or as 0 and 1 where there is one output; -1 does not count."""

    def f(z, y):
        if not y.is_floating_point():
            keep = y.flatten() >= 0
            z, y = z.reshape(-1, z.shape[-1])[keep], y.flatten()[keep]
            y = (F.one_hot(y, z.shape[-1]) if z.shape[-1] > 1 else y[:, None]).double()
        return loss(z, y)

    return f


def regressions():
    # PyTorch has no half_mse: half the squared errors of a row are added.
    half = lambda z, y: ((z - y) ** 2).sum() / 2 / z.shape[0]
    # PyTorch's hinge_embedding_loss is another one.
    hinge = lambda z, y: F.relu(1 - y * z).mean()
    # Scores that equal their targets, and lie on both sides of delta.
    exact, y = [[0.0, 1, 2], [0.5, 0.5, -1], [3, -2, 0], [1, 1, 1]], [[0.0, 1.5, 1], [0.5, 0, -2.5], [0, -2, 0], [1, 0.5, 1.5]]
    for name, call, by, f in [
        ("mse", "mse", torch_f("mse_loss"), F.mse_loss),
        ("half_mse", "half_mse", "formula: half the squared errors, added over a row", half),
        ("mae", "mae", torch_f("l1_loss"), F.l1_loss),
        ("huber", "huber", torch_f("huber_loss"), F.huber_loss),
        ("huber_delta", "huber(delta: 0.5)", torch_f("huber_loss"), lambda z, y: F.huber_loss(z, y, delta=0.5)),
    ]:
        with_sum = call[:-1] + ", reduction: sum)" if call.endswith(")") else call + "(reduction: sum)"
        with_weight = call[:-1] + ", weight: 0.25)" if call.endswith(")") else call + "(weight: 0.25)"
        loss_case(name, by, "[3]", "[3]", call, f)
        loss_case(f"{name}_kinks", by, "[3]", "[3]", call, f, data={"y": y}, exact=exact)
        loss_case(f"{name}_sequence", by, "[2, 3]", "[2, 3]", with_weight, lambda z, y, f=f: 0.25 * f(z, y))
        # A sum is of the rows' means, where PyTorch's is of all elements.
        loss_case(f"{name}_sum", by + "; formula of the sum: of rows' means", "[3]", "[3]", with_sum, lambda z, y, f=f: ROWS * f(z, y))
        loss_case(f"{name}_labels", by + " of one-hot targets", "[3]", "class(3)", call, elements(f), data={"y": PADDED})
        loss_case(f"{name}_binary", by + " of targets 0 and 1", "[1]", "class(2)", call, elements(f), data={"y": [1, 0, -1, 1]})
        steps = (lambda z, y: 3 * elements(half)(z, y)) if f is half else elements(f)  # a row of half_mse adds its steps
        loss_case(f"{name}_steps", by + " of one-hot targets", "[3, 3]", "[3]class(3)", call, steps, data={"y": STEPS})

    # Scores on the margin.
    loss_case("hinge", "formula: max(0, 1 - t·y)", "[3]", "[3]", "hinge", hinge, data={"y": [[1.0, -1, 1], [-1, 1, 1], [1, 1, -1], [-1, -1, -1]]},
              exact=[[1.0, -1, 0.5], [0, 2, -3], [1, 0.25, 1], [-1, 0, -2]])
    loss_case("hinge_binary", "formula: max(0, 1 - t·y) of targets -1 and 1", "[1]", "class(2)", "hinge(weight: 2)", lambda z, y: 2 * elements(lambda z, y: hinge(z, 2 * y - 1))(z, y), data={"y": [1, 0, -1, 1]})
    margin = lambda z, y: F.multi_margin_loss(z.reshape(-1, z.shape[-1])[y.flatten() >= 0], y.flatten()[y.flatten() >= 0])
    by = torch_f("multi_margin_loss")
    loss_case("hinge_labels", by, "[3]", "class(3)", "hinge", margin, data={"y": [2, 0, -1, 1]}, exact=[[0.0, 1, 1.5], [1, 0, 2], [5, 1, 1], [0.5, 1.5, 0.25]])
    loss_case("hinge_steps", by, "[3, 3]", "[3]class(3)", "hinge", margin, data={"y": STEPS})
    rows = lambda z, y: per_row(F.multi_margin_loss(z.reshape(-1, 3), y.flatten().clamp(min=0), reduction="none").reshape(y.shape), y)
    loss_case("hinge_steps_sum", f"{by}; formula of the sum: of rows' means", "[3, 3]", "[3]class(3)", "hinge(reduction: sum)", rows, data={"y": STEPS})

    # PyTorch has none for a distance. On the margin, at 0, inside and beyond.
    contrastive = lambda margin: lambda d, t: ((1 - t) * d**2 / 2 + t * F.relu(margin - d) ** 2 / 2).mean()
    by = "formula: (1-t)·½d² + t·½·max(0, margin-d)²"
    loss_case("contrastive", by, "[1]", "[1]", "contrastive", contrastive(1), data={"y": [[1.0], [1.0], [0.0], [1.0]]}, exact=[[1.0], [0.25], [0.0], [2.0]])
    loss_case("contrastive_margin", by, "[1]", "class(2)", "contrastive(margin: 2)", elements(contrastive(2)), data={"y": [1, 0, -1, 1]}, exact=[[1.5], [0.25], [3.0], [2.0]])
    loss_case("contrastive_sum", by, "[1]", "[1]", "contrastive(reduction: sum, weight: 0.5)", lambda d, t: 0.5 * ROWS * contrastive(1)(d, t), data={"y": [[1.0], [0.3], [0.0], [1.0]]})


# ---------------------------------------------------------------------------- optimizers


def optimizer(name, by, call, make, rate=None, clip=None, steps=10, extra_loss=None, loss="mse", layers="dense(4) -> tanh\ndense(2)", frozen=(), weights=None, forward=None, evaluate=None, x="[3]", shared=""):
    """Adds a case of an optimizer on a small perceptron, over three batches in turn, which are an epoch.

    make(parameters) gives an optimizer of torch.optim; rate(e, E, s, n) the learning rate at step s of n an epoch, after e
    of E epochs; clip(parameters) clips the gradients, as PyTorch leaves that to the caller. frozen names weights that the
    model keeps. Another model than the perceptron has other weights, forward(w, x) and, where predictions differ from that,
    evaluate(w, x).
    """
    an_epoch, epochs, port = 3, 4, x
    weights = weights or dense("dense1", 3, 4) | dense("dense2", 4, 2)
    forward = forward or (lambda w, x: linear(w, "dense2", torch.tanh(linear(w, "dense1", x))))

    def run():
        draw = Draw(name)
        inputs, targets = {"x": port}, {"y": "[2]"}
        w = {k: draw.numbers(*v, scale=0.7) if isinstance(v, tuple) else tensor(v) for k, v in weights.items()}
        x, y = draw.port(port, an_epoch, ROWS), draw.port("[2]", an_epoch, ROWS)
        t = {f"weight/{k}": v.clone() for k, v in w.items()} | {"input/x": x, "target/y": y}
        parameters = [v.requires_grad_() for k, v in w.items() if k not in frozen]
        t["output"] = (evaluate or forward)(w, x[0]).detach().clone()
        opt = make(parameters)
        losses, rates, after = [], [], {k: [] for k in w}
        for s in range(steps):
            if rate:
                opt.param_groups[0]["lr"] = rate(s / an_epoch, epochs, s, an_epoch)
            total = F.mse_loss(forward(w, x[s % an_epoch]), y[s % an_epoch])
            if extra_loss:
                total = total + extra_loss(w)
            opt.zero_grad()
            total.backward()
            if clip:
                clip(parameters)
            opt.step()
            losses.append(total.detach())
            rates.append(opt.param_groups[0]["lr"])
            for k, v in w.items():
                after[k].append(v.detach().clone())
        t["clock"] = tensor([an_epoch, epochs])
        t |= {"losses": torch.stack(losses), "rates": torch.tensor(rates, dtype=torch.double)} | {f"steps/{k}": torch.stack(v) for k, v in after.items()}
        write(name, source(name, by, inputs, targets, layers, loss, call, shared), t)
        if name == "mlp":
            for precision in torch.float32, torch.float64:
                module = MLP().to(precision)
                module.load_state_dict({k.removeprefix("weight/"): v for k, v in t.items() if k.startswith("weight/")})
                safetensors.torch.save_file(module.state_dict(), HERE / f"mlp.{str(precision).removeprefix('torch.')}.weights.safetensors")

    assert name not in CASES, name
    CASES[name] = run


class MLP(torch.nn.Module):
    """What mlp.nn describes, as it would be written in PyTorch."""

    def __init__(self):
        super().__init__()
        self.dense1 = torch.nn.Linear(3, 4)
        self.dense2 = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.dense2(torch.tanh(self.dense1(x)))


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, program 1, with its defaults: PyTorch has none."""

    def __init__(self, parameters, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, (b1, b2), decay = group["lr"], group["betas"], group["weight_decay"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = (b1 * m + (1 - b1) * p.grad).sign()
                self.state[p]["m"] = b2 * m + (1 - b2) * p.grad
                p -= lr * (update + decay * p)


def optimizers():
    o = torch.optim
    norm = lambda limit: lambda p: torch.nn.utils.clip_grad_norm_(p, limit)
    value = lambda limit: lambda p: torch.nn.utils.clip_grad_value_(p, limit)

    def case(name, call, kind, clip=None, **options):
        by = f"torch.optim.{kind.__name__}"
        if clip:
            by += " behind torch.nn.utils.clip_grad_" + ("norm_" if "clip_norm" in call else "value_")
        optimizer(name, by, call, lambda p: kind(p, **options), clip=clip)

    case("mlp", "adam(lr: 0.01)", o.Adam, lr=0.01)
    case("sgd", "sgd(lr: 0.1)", o.SGD, lr=0.1)
    case("sgd_momentum", "sgd(lr: 0.1, momentum: 0.9)", o.SGD, lr=0.1, momentum=0.9)
    case("sgd_nesterov", "sgd(lr: 0.1, momentum: 0.9, nesterov: true)", o.SGD, lr=0.1, momentum=0.9, nesterov=True)
    case("sgd_dampening", "sgd(lr: 0.1, momentum: 0.9, dampening: 0.5)", o.SGD, lr=0.1, momentum=0.9, dampening=0.5)
    case("sgd_weight_decay", "sgd(lr: 0.1, weight_decay: 0.1)", o.SGD, lr=0.1, weight_decay=0.1)
    case("sgd_all", "sgd(lr: 0.1, momentum: 0.8, nesterov: true, weight_decay: 0.05)", o.SGD, lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.05)
    case("sgd_clip_norm", "sgd(lr: 0.1, momentum: 0.9, weight_decay: 0.1, clip_norm: 0.5)", o.SGD, norm(0.5), lr=0.1, momentum=0.9, weight_decay=0.1)
    case("sgd_clip_norm_wide", "sgd(lr: 0.1, clip_norm: 100)", o.SGD, norm(100), lr=0.1)
    case("sgd_clip_value", "sgd(lr: 0.1, weight_decay: 0.1, clip_value: 0.1)", o.SGD, value(0.1), lr=0.1, weight_decay=0.1)
    case("adagrad", "adagrad", o.Adagrad)
    case("adagrad_all", "adagrad(lr: 0.1, lr_decay: 0.1, weight_decay: 0.01, initial_accumulator_value: 0.5, eps: 1e-6)", o.Adagrad, lr=0.1, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.5, eps=1e-6)
    case("rmsprop", "rmsprop", o.RMSprop)
    case("rmsprop_alpha", "rmsprop(lr: 0.02, alpha: 0.9, eps: 1e-6, weight_decay: 0.01)", o.RMSprop, lr=0.02, alpha=0.9, eps=1e-6, weight_decay=0.01)
    case("rmsprop_momentum", "rmsprop(lr: 0.01, momentum: 0.9)", o.RMSprop, lr=0.01, momentum=0.9)
    case("rmsprop_centered", "rmsprop(lr: 0.01, centered: true)", o.RMSprop, lr=0.01, centered=True)
    case("rmsprop_all", "rmsprop(lr: 0.01, alpha: 0.9, momentum: 0.5, centered: true, weight_decay: 0.01, clip_value: 0.5)", o.RMSprop, value(0.5), lr=0.01, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.01)
    case("adadelta", "adadelta", o.Adadelta)
    case("adadelta_all", "adadelta(lr: 0.5, rho: 0.95, eps: 1e-5, weight_decay: 0.01)", o.Adadelta, lr=0.5, rho=0.95, eps=1e-5, weight_decay=0.01)
    case("adam", "adam", o.Adam)
    case("adam_all", "adam(lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.1)", o.Adam, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1)
    case("adam_amsgrad", "adam(lr: 0.01, betas: [0.9, 0.6], amsgrad: true)", o.Adam, lr=0.01, betas=(0.9, 0.6), amsgrad=True)
    case("adam_clip_norm", "adam(lr: 0.01, clip_norm: 0.2)", o.Adam, norm(0.2), lr=0.01)
    case("adamw", "adamw", o.AdamW)
    case("adamw_all", "adamw(lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.3)", o.AdamW, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.3)
    case("adamw_amsgrad", "adamw(lr: 0.01, betas: [0.9, 0.6], amsgrad: true)", o.AdamW, lr=0.01, betas=(0.9, 0.6), amsgrad=True)

    case("nadam", "nadam", o.NAdam)
    case("nadam_all", "nadam(lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.1, momentum_decay: 0.1)", o.NAdam, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, momentum_decay=0.1)
    case("nadam_decoupled", "nadam(lr: 0.01, weight_decay: 0.3, decoupled_weight_decay: true)", o.NAdam, lr=0.01, weight_decay=0.3, decoupled_weight_decay=True)
    case("nadam_clip_norm", "nadam(lr: 0.01, clip_norm: 0.2)", o.NAdam, norm(0.2), lr=0.01)
    lion = "formula: Chen et al., Symbolic Discovery of Optimization Algorithms, 2023, program 1"
    optimizer("lion", lion, "lion", Lion)
    optimizer("lion_all", lion, "lion(lr: 0.01, betas: [0.8, 0.95], weight_decay: 0.3)", lambda p: Lion(p, lr=0.01, betas=(0.8, 0.95), weight_decay=0.3))
    optimizer("lion_clip_value", lion + ", behind torch.nn.utils.clip_grad_value_", "lion(lr: 0.01, clip_value: 0.1)", lambda p: Lion(p, lr=0.01), clip=value(0.1))

    # Weight decay is over all trainable parameters, a penalty over the weights of dense that train.
    penalty = lambda w: 0.05 / 2 * w["dense2.weight"].square().sum()
    optimizer("sgd_frozen", "torch.optim.SGD, with a module that requires no gradient; formula of l2", "sgd(lr: 0.1, weight_decay: 0.1)", lambda p: o.SGD(p, lr=0.1, weight_decay=0.1),
              extra_loss=penalty, loss=["mse", "l2(0.05)"], layers="dense(4, frozen: true) -> tanh\ndense(2)", frozen=("dense1.weight", "dense1.bias"))

    # Schedules by the formulas of the language reference, the rate then given to PyTorch. e: epochs done, E: in all.
    def schedule(name, call, rate, kind=o.SGD, around="sgd(lr: {})", **options):
        optimizer(name, f"torch.optim.{kind.__name__}, its rate by formula", around.format(call), lambda p: kind(p, lr=1.0, **options), rate, steps=12)

    def cosine(lr, low, warmup):
        return lambda e, E, s, n: lr * (s + 1) / (warmup * n) if e < warmup else low + (lr - low) * (1 + math.cos(math.pi * (e - warmup) / (E - warmup))) / 2

    schedule("step_decay", "step_decay(0.2, every: 2, by: 0.5)", lambda e, E, s, n: 0.2 * 0.5 ** math.floor(math.floor(e) / 2))
    schedule("exponential", "exponential(0.2, by: 0.7)", lambda e, E, s, n: 0.2 * 0.7 ** math.floor(e))
    schedule("linear", "linear(0.2, to: 0.02)", lambda e, E, s, n: 0.2 + (0.02 - 0.2) * e / E)
    schedule("cosine", "cosine(0.2)", cosine(0.2, 0, 0))
    schedule("cosine_min", "cosine(0.02, min: 0.001)", cosine(0.02, 0.001, 0), o.Adam, "adam(lr: {})")
    schedule("cosine_warmup", "cosine(0.2, warmup: 1)", cosine(0.2, 0, 1))
    schedule("cosine_warmup_half", "cosine(0.02, min: 0.001, warmup: 1.5)", cosine(0.02, 0.001, 1.5), o.AdamW, "adamw(lr: {}, weight_decay: 0.1)", weight_decay=0.1)

    # PyTorch's own scheduler, stepped once a step.
    def one_cycle(name, call, kind=o.SGD, around="sgd(lr: {})", max_lr=0.2, **options):
        rates = {}

        def rate(e, E, s, n):
            if not rates:
                probe = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
                scheduler = o.lr_scheduler.OneCycleLR(probe, max_lr, epochs=E, steps_per_epoch=n, cycle_momentum=False, **options)
                for step in range(E * n):
                    rates[step] = probe.param_groups[0]["lr"]
                    probe.step()
                    if step < E * n - 1:
                        scheduler.step()
            return rates[s]

        optimizer(name, f"torch.optim.{kind.__name__}, torch.optim.lr_scheduler.OneCycleLR with cycle_momentum=False", around.format(call), lambda p: kind(p, lr=1.0), rate, steps=12)

    one_cycle("one_cycle", "one_cycle(0.2)")
    one_cycle("one_cycle_all", "one_cycle(0.02, pct_start: 0.4, anneal_strategy: linear, div_factor: 10, final_div_factor: 100)", o.Adam, "adam(lr: {})", 0.02, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100)
    one_cycle("one_cycle_three_phase", "one_cycle(0.2, three_phase: true)", three_phase=True)
    one_cycle("one_cycle_three_phase_linear", "one_cycle(0.2, pct_start: 0.45, anneal_strategy: linear, div_factor: 5, final_div_factor: 20, three_phase: true)", pct_start=0.45, anneal_strategy="linear", div_factor=5, final_div_factor=20, three_phase=True)
    one_cycle("one_cycle_falls", "one_cycle(0.2, pct_start: 0)", pct_start=0.0)
    one_cycle("one_cycle_rises", "one_cycle(0.2, pct_start: 1)", pct_start=1.0)


def main():
    versions = f"Python {sys.version.split()[0]}, torch {torch.__version__}, numpy {np.__version__}, safetensors {safetensors.__version__}"
    if len(sys.argv) == 3 and sys.argv[1] == "load":
        weights = safetensors.torch.load_file(sys.argv[2])
        module = MLP().to(weights["dense1.weight"].dtype)
        module.load_state_dict(weights, strict=True)
        for k, v in module.state_dict().items():
            print(k, tuple(v.shape), v.dtype)
        return
    print(versions)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.set_default_dtype(torch.double)  # NAdam keeps its product of momenta in this type, whatever the weights have
    for add in activations, elementwise, shapes, wholes, cross_entropies, regressions, optimizers:
        add()
    sys.dont_write_bytecode = True
    sys.modules["make"] = sys.modules[__name__]  # what they import adds to the same cases
    for module in MODULES:
        importlib.import_module(module).add()
    wanted = tuple(sys.argv[1:])
    for start in wanted:
        if not any(name.startswith(start) for name in CASES):
            sys.exit(f"usage: make.py [load FILE | CASE...]; no case begins with {start}")
    if not wanted:
        for old in [*HERE.glob("*.nn"), *HERE.glob("*.safetensors")]:
            old.unlink()
    for name, make in CASES.items():
        if not wanted or name.startswith(wanted):
            make()
    files = [*HERE.glob("*.nn"), *HERE.glob("*.safetensors")]
    print(f"{len(CASES)} cases, {sum(f.stat().st_size for f in files)} bytes")


if __name__ == "__main__":
    main()
