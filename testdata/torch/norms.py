"""Cases of the layers that normalise.

What training computes is another thing than what predictions do where a layer measures the batch: such a case has its
outputs, their gradients and its loss in evaluation mode, and beside them the loss and its gradients in training mode.
"""

import safetensors.torch
import torch
import torch.nn.functional as F
from make import CASES, HERE, dense, layer, linear, model, optimizer, parse_port, torch_f

RUNNING = "running_mean", "running_var"


def affine(name, n):
    return {f"{name}.weight": (n,), f"{name}.bias": (n,)}


def batch_norm_weights(name, n):
    """Weights of n channels; the running statistics are some that numbers could have."""
    return affine(name, n) | {f"{name}.running_mean": [0.25 * i - 0.5 for i in range(n)], f"{name}.running_var": [0.5 + 0.75 * i for i in range(n)]}


def running(weights):
    return tuple(k for k in weights if k.endswith(RUNNING))


def batch_norm(w, x, name="batch_norm1", training=False, axis=None, momentum=0.1, eps=1e-5, move=True):
    """PyTorch's channels are axis 1 with the batch. move: the running statistics, which training moves, are those of w."""
    axis = (1 if x.dim() == 4 else x.dim() - 1) if axis is None else axis + 1
    mean, var = (w[f"{name}.{k}"] for k in RUNNING)
    if training and not move:
        mean, var = mean.clone(), var.clone()
    y = F.batch_norm(x.movedim(axis, 1), mean, var, w[f"{name}.weight"], w[f"{name}.bias"], training, momentum, eps)
    return y.movedim(1, axis)


def batch_norm_case(name, call, shape, channels, points=None, **options):
    """The value is an output, and what trains stands behind it, as in make.layer."""
    size = torch.Size(parse_port(shape)[0]).numel()

    def f(training):
        def g(w, x, y):
            value = batch_norm(w, x, training=training, move=False, **options)
            fit = linear(w, "fit", value.flatten(1))
            return {"value": value, "fit": fit}, F.mse_loss(fit, y)

        return g

    weights = batch_norm_weights("batch_norm1", channels) | dense("fit", size, 2)
    layers = f"value = x -> {call}\nfit = value -> flatten -> dense(2, name: fit)\n(value, fit)"
    model(name, torch_f("batch_norm"), {"x": shape}, {"y": "[2]"}, layers, "(fit, y) -> mse", f(False), weights, {"x": points} if points else {}, training=f(True), fixed=running(weights))


def batch_norms():
    batch_norm_case("batch_norm", "batch_norm", "[4]", 4)
    batch_norm_case("batch_norm_sequence", "batch_norm", "[3, 4]", 4)
    batch_norm_case("batch_norm_image", "batch_norm", "[3, 4, 2]", 3)
    batch_norm_case("batch_norm_axis", "batch_norm(axis: 0)", "[3, 5]", 3, axis=0)
    batch_norm_case("batch_norm_axis_image", "batch_norm(axis: 1)", "[2, 3, 2]", 3, axis=1)
    batch_norm_case("batch_norm_eps", "batch_norm(momentum: 0.3, eps: 0.1)", "[4]", 4, momentum=0.3, eps=0.1)
    # A mean that is large beside the deviation, and a channel that does not vary.
    batch_norm_case("batch_norm_large", "batch_norm", "[3]", 3, [[30.5, 1, -8], [31, 1, -9], [29, 1, -8.5], [30.25, 1, -7.5]])

    # Several steps: the weights learn, and the running statistics follow the batches.
    def steps(name, call, make, layers, weights, forward, options, **more):
        optimizer(name, f"torch.optim.{make.__name__} over {torch_f('batch_norm')}", call, lambda p: make(p, **options), layers=layers, weights=weights,
                  forward=lambda w, x: forward(w, x, True), evaluate=lambda w, x: forward(w, x, False), frozen=running(weights), **more)

    def perceptron(momentum, eps=1e-5):
        def forward(w, x, training):
            h = batch_norm(w, linear(w, "dense1", x), training=training, momentum=momentum, eps=eps)
            return linear(w, "dense2", torch.tanh(h))

        return forward

    o = torch.optim
    net = dense("dense1", 3, 4) | batch_norm_weights("batch_norm1", 4) | dense("dense2", 4, 2)
    # Without a bias before it, whose gradient is nothing but rounding, which adam would blow up.
    bare = {k: v for k, v in net.items() if k != "dense1.bias"}
    steps("running_statistics", "adam(lr: 0.01)", o.Adam, "dense(4, bias: false) -> batch_norm -> tanh\ndense(2)", bare, perceptron(0.1), {"lr": 0.01})
    steps("running_statistics_momentum", "sgd(lr: 0.1, weight_decay: 0.1)", o.SGD, "dense(4) -> batch_norm(momentum: 0.5, eps: 0.01) -> tanh\ndense(2)", net, perceptron(0.5, 0.01), {"lr": 0.1, "weight_decay": 0.1})
    steps("running_statistics_newest", "sgd(lr: 0.1)", o.SGD, "dense(4) -> batch_norm(momentum: 1) -> tanh\ndense(2)", net, perceptron(1.0), {"lr": 0.1})
    steps("running_statistics_never", "sgd(lr: 0.1)", o.SGD, "dense(4) -> batch_norm(momentum: 0) -> tanh\ndense(2)", net, perceptron(0.0), {"lr": 0.1})

    def shape(w, x, training):
        return linear(w, "dense1", torch.tanh(batch_norm(w, x, training=training)).flatten(1))

    steps("running_statistics_image", "sgd(lr: 0.1)", o.SGD, "batch_norm -> tanh -> flatten -> dense(2)", batch_norm_weights("batch_norm1", 2) | dense("dense1", 12, 2), shape, {"lr": 0.1}, x="[2, 2, 3]")
    steps("running_statistics_sequence", "sgd(lr: 0.1)", o.SGD, "batch_norm -> tanh -> flatten -> dense(2)", batch_norm_weights("batch_norm1", 3) | dense("dense1", 6, 2), shape, {"lr": 0.1}, x="[2, 3]")

    def twice(w, x, training):
        enc = lambda x: batch_norm(w, linear(w, "Enc.dense1", x), "Enc.batch_norm1", training)
        return linear(w, "dense1", enc(torch.tanh(enc(x))))

    shared = dense("Enc.dense1", 3, 3) | batch_norm_weights("Enc.batch_norm1", 3) | dense("dense1", 3, 2)
    steps("running_statistics_shared", "sgd(lr: 0.1)", o.SGD, "x -> Enc -> tanh -> Enc -> dense(2)", shared, twice, {"lr": 0.1}, shared="shared Enc = dense(3) -> batch_norm")


class Normalised(torch.nn.Module):
    """What normalised.nn describes, as it would be written in PyTorch."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 3, 3, padding=1, bias=False)
        self.batch_norm1 = torch.nn.BatchNorm2d(3)
        self.group_norm1 = torch.nn.GroupNorm(1, 3)
        self.dense1 = torch.nn.Linear(48, 4, bias=False)
        self.batch_norm2 = torch.nn.BatchNorm1d(4)
        self.dense2 = torch.nn.Linear(4, 6)
        self.layer_norm1 = torch.nn.LayerNorm(6)
        self.dense3 = torch.nn.Linear(6, 5)
        self.rms_norm1 = torch.nn.RMSNorm(5, eps=1e-6)
        self.dense4 = torch.nn.Linear(5, 3)

    def forward(self, x):
        h = F.relu(self.batch_norm1(self.conv1(x)))
        h = torch.tanh(self.group_norm1(h)).flatten(1)
        h = F.relu(self.batch_norm2(self.dense1(h)))
        h = torch.tanh(self.layer_norm1(self.dense2(h)))
        return self.dense4(self.rms_norm1(self.dense3(h)))


def wholes():
    """A model with every one of them, and its state_dict, which counts batches too."""
    net = Normalised()
    weights = {k: tuple(v.shape) for k, v in net.state_dict().items() if not k.endswith(("num_batches_tracked",) + RUNNING)}
    weights |= {k: v for name, n in [("batch_norm1", 3), ("batch_norm2", 4)] for k, v in batch_norm_weights(name, n).items() if k.endswith(RUNNING)}

    weights["batch_norm1.weight"] = [1.0, -0.75, 1.25]  # what is small is divided by again

    def f(training):
        def g(w, x, y):
            w = {k: v.clone() if k.endswith(RUNNING) else v for k, v in w.items()}
            out = torch.func.functional_call(Normalised().double().train(training), w, x)
            return out, F.mse_loss(out, y)

        return g

    model("normalised", "torch.nn.BatchNorm2d, GroupNorm, LayerNorm, RMSNorm and BatchNorm1d", {"x": "[2, 4, 4]"}, {"y": "[3]"}, """
conv(3, kernel: 3, pad: same, bias: false) -> batch_norm -> relu
group_norm(1) -> tanh -> flatten
dense(4, bias: false) -> batch_norm -> relu
dense(6) -> layer_norm -> tanh
dense(5) -> rms_norm -> dense(3)
""", "mse", f(False), weights, training=f(True), fixed=running(weights))

    def with_state(write=CASES["normalised"]):
        write()
        t = safetensors.torch.load_file(HERE / "normalised.safetensors")
        for precision in torch.float32, torch.float64:
            module = Normalised().to(precision)
            counters = {k: torch.tensor(7) for k in module.state_dict() if k.endswith("num_batches_tracked")}
            module.load_state_dict(counters | {k.removeprefix("weight/"): v for k, v in t.items() if k.startswith("weight/")})
            safetensors.torch.save_file(module.state_dict(), HERE / f"normalised.{str(precision).removeprefix('torch.')}.weights.safetensors")

    CASES["normalised"] = with_state


def layer_norms():
    def case(name, call, shape, f, names, points=None):
        n = parse_port(shape)[0][-1]
        layer(name, torch_f(call.split("(")[0]), call, f, shape, {k: (n,) for k in names}, points)

    by_layer = lambda eps: lambda w, x: F.layer_norm(x, x.shape[-1:], w["layer_norm1.weight"], w["layer_norm1.bias"], eps)
    names = "layer_norm1.weight", "layer_norm1.bias"
    case("layer_norm", "layer_norm", "[5]", by_layer(1e-5), names)
    case("layer_norm_sequence", "layer_norm", "[3, 4]", by_layer(1e-5), names)
    case("layer_norm_eps", "layer_norm(eps: 0.1)", "[5]", by_layer(0.1), names)
    # A mean that is large beside the deviation, and a row that does not vary.
    case("layer_norm_large", "layer_norm", "[3]", by_layer(1e-5), names, [[30.5, 31, 29], [1, 1, 1], [-8, -9, -8.5], [0, 0.5, 1]])
    by_square = lambda eps: lambda w, x: F.rms_norm(x, x.shape[-1:], w["rms_norm1.weight"], eps)
    case("rms_norm", "rms_norm", "[5]", by_square(1e-6), ["rms_norm1.weight"])
    case("rms_norm_sequence", "rms_norm", "[3, 4]", by_square(1e-6), ["rms_norm1.weight"])
    case("rms_norm_eps", "rms_norm(eps: 0.1)", "[5]", by_square(0.1), ["rms_norm1.weight"])


def group_norms():
    def case(name, call, shape, groups, channels, axis=0, eps=1e-5):
        def f(w, x):
            y = F.group_norm(x.movedim(axis + 1, 1), groups, w["group_norm1.weight"], w["group_norm1.bias"], eps)
            return y.movedim(1, axis + 1)

        layer(name, torch_f("group_norm"), call, f, shape, affine("group_norm1", channels))

    case("group_norm", "group_norm(2)", "[4, 2, 3]", 2, 4)
    case("group_norm_one", "group_norm(1)", "[2, 3, 2]", 1, 2)
    case("group_norm_each", "group_norm(groups: 3)", "[3, 2, 2]", 3, 3)
    case("group_norm_eps", "group_norm(2, eps: 0.1)", "[6]", 2, 6, eps=0.1)
    case("group_norm_sequence", "group_norm(3)", "[2, 6]", 3, 6, axis=1)
    case("group_norm_axis", "group_norm(2, axis: 0)", "[4, 3]", 2, 4)
    case("group_norm_axis_image", "group_norm(2, axis: 2)", "[2, 3, 4]", 2, 4, axis=2)


def add():
    batch_norms()
    layer_norms()
    group_norms()
    wholes()
