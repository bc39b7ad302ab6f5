"""Cases of the layers for images and their like: convolutions, pooling, padding and enlarging.

The reference is the function of PyTorch. Where pad is same it pads what comes in by itself, as PyTorch's own pads so only
for a stride of 1: (n/stride, rounded up) positions, an odd zero behind.
"""

import math

import safetensors.torch
import torch
import torch.nn.functional as F
from make import CASES, HERE, dense, layer, linear, model, torch_f

IMAGE, SEQUENCE = "[2, 5, 3]", "[2, 7]"


def pair(n):
    return list(n) if isinstance(n, tuple) else [n, n]


def text(**options):
    """Arguments in the language of nnc: kernel: [2, 3], stride: 2."""
    show = lambda v: str(v).lower() if isinstance(v, bool) else str(list(v)) if isinstance(v, tuple) else str(v)
    return ", ".join(f"{k}: {show(v)}" for k, v in options.items())


def pad_same(x, kernel, stride, dilation):
    """x with the zeros of pad: same, an axis of the kernel each."""
    amounts = []
    for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation):
        missing = max(0, (math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n)
        amounts = [missing // 2, missing - missing // 2] + amounts  # F.pad begins with the last axis
    return F.pad(x, amounts)


def convolve(x, w, name, stride=1, pad=0, dilation=1, groups=1):
    """What conv or conv1d computes with the weights NAME.… of w."""
    weight, bias = w[f"{name}.weight"], w.get(f"{name}.bias")
    axes = weight.dim() - 2
    stride, dilation = pair(stride)[:axes], pair(dilation)[:axes]
    if pad == "same":
        x, pad = pad_same(x, weight.shape[2:], stride, dilation), 0
    pad = 0 if pad == "valid" else pad
    return [F.conv1d, F.conv2d][axes - 1](x, weight, bias, stride, pad, dilation, groups)


def kernels(name, channels, inputs, kernel, axes=2, groups=1, bias=True):
    shape = {f"{name}.weight": (channels, inputs // groups, *pair(kernel)[:axes])}
    return shape | ({f"{name}.bias": (channels,)} if bias else {})


def conv(name, channels, kernel, shape=IMAGE, axes=2, bias=True, **options):
    """Adds a case of conv, or of conv1d for one axis."""
    kind = "conv" if axes == 2 else "conv1d"
    instance = "conv1" if axes == 2 else "conv1d_1"
    inputs = int(shape[1:].split(",")[0])
    weights = kernels(instance, channels, inputs, kernel, axes, options.get("groups", 1), bias)
    given = options if bias else options | {"bias": False}
    call = f"{kind}({channels}, {text(kernel=kernel, **given)})"
    by = torch_f(f"conv{axes}d") + (" behind torch.nn.functional.pad" if options.get("pad") == "same" else "")
    layer(name, by, call, lambda w, x: convolve(x, w, instance, **options), shape, weights)


def convolutions():
    conv("conv", 3, 3)
    conv("conv_no_bias", 2, (2, 3), bias=False)
    conv("conv_valid", 2, 2, pad="valid")
    conv("conv_pad", 2, 3, pad=1)
    conv("conv_pad_pair", 2, 2, pad=(0, 2))
    conv("conv_stride", 3, 3, stride=2, pad=1)
    conv("conv_stride_pair", 2, (3, 2), stride=(1, 2), pad=(2, 1))
    conv("conv_same", 2, 3, pad="same")
    conv("conv_same_even", 2, (2, 4), pad="same")
    conv("conv_same_stride", 2, 3, stride=2, pad="same")
    conv("conv_same_stride_even", 2, (4, 2), stride=(2, 3), pad="same")
    conv("conv_same_stride_wide", 2, 1, stride=3, pad="same")  # nothing is missing
    conv("conv_same_dilation", 1, (2, 3), pad="same", dilation=(3, 2))
    conv("conv_dilation", 2, 2, dilation=2)
    conv("conv_dilation_pair", 2, (3, 2), stride=2, pad=1, dilation=(1, 3))
    conv("conv_groups", 6, 3, "[4, 4, 3]", stride=2, pad=1, groups=2)
    conv("conv_groups_same", 2, 2, "[4, 2, 3]", bias=False, pad="same", groups=2)
    conv("conv_depthwise", 3, 3, "[3, 3, 4]", pad=1, groups=3)
    conv("conv_depthwise_twice", 4, 2, stride=2, groups=2)
    conv("conv_pointwise", 3, 1)
    conv("conv_pointwise_stride", 3, 1, stride=(2, 1))
    conv("conv_pointwise_groups", 4, 1, "[4, 2, 3]", groups=2)
    conv("conv_whole", 3, (5, 3))
    conv("conv_one", 1, 2, "[1, 3, 3]")
    # Larger than a block of a matrix kernel, and no multiple of one.
    layer("conv_large", "torch.nn.functional.conv2d and max_pool2d", "conv(5, kernel: 3, pad: 1) -> relu -> max_pool(2)",
          lambda w, x: F.max_pool2d(F.relu(convolve(x, w, "conv1", pad=1)), 2), "[3, 9, 8]", kernels("conv1", 5, 3, 3))

    conv("conv1d", 3, 3, SEQUENCE, 1)
    conv("conv1d_no_bias", 3, 2, SEQUENCE, 1, bias=False)
    conv("conv1d_stride", 2, 4, SEQUENCE, 1, stride=3, pad=2)
    conv("conv1d_same", 2, 3, SEQUENCE, 1, pad="same")
    conv("conv1d_same_even", 2, 4, SEQUENCE, 1, stride=2, pad="same", dilation=2)
    conv("conv1d_dilation", 2, 3, SEQUENCE, 1, dilation=3)
    conv("conv1d_groups", 4, 2, "[4, 5]", 1, groups=2)
    conv("conv1d_depthwise", 3, 3, "[3, 5]", 1, pad="same", groups=3)
    layer("conv1d_sequence", torch_f("conv1d"), "transpose([1, 0]) -> conv1d(3, kernel: 2) -> transpose([1, 0])",
          lambda w, x: convolve(x.transpose(1, 2), w, "conv1d_1").transpose(1, 2), "[5, 2]", kernels("conv1d_1", 3, 2, 2, 1))

    def transposed(name, channels, kernel, shape="[2, 3, 2]", bias=True, pad=0, groups=1, **options):
        inputs = int(shape[1:].split(",")[0])
        weights = {"conv_transpose1.weight": (inputs, channels // groups, *pair(kernel))}
        weights |= {"conv_transpose1.bias": (channels,)} if bias else {}
        given = options | ({"pad": pad} if pad else {}) | ({"groups": groups} if groups > 1 else {}) | ({} if bias else {"bias": False})

        def f(w, x):
            return F.conv_transpose2d(x, w["conv_transpose1.weight"], w.get("conv_transpose1.bias"), padding=pad, groups=groups, **options)

        layer(name, torch_f("conv_transpose2d"), f"conv_transpose({channels}, {text(kernel=kernel, **given)})", f, shape, weights)

    transposed("conv_transpose", 3, 2)
    transposed("conv_transpose_no_bias", 1, (2, 3), bias=False)
    transposed("conv_transpose_stride", 2, 2, stride=2)
    transposed("conv_transpose_gaps", 1, 2, "[2, 2, 2]", stride=3)
    transposed("conv_transpose_pad", 2, 4, stride=2, pad=1)
    transposed("conv_transpose_output_padding", 1, 3, stride=(2, 3), pad=(1, 0), output_padding=(1, 2))
    transposed("conv_transpose_dilation", 2, 2, pad=1, dilation=(2, 1), output_padding=(1, 0))
    transposed("conv_transpose_groups", 2, 2, "[4, 2, 2]", groups=2, stride=2)
    transposed("conv_transpose_depthwise", 2, 3, groups=2, stride=(1, 2), pad=1)
    transposed("conv_transpose_pointwise", 3, 1, stride=2)


def pools():
    def pool(name, call, f, by, shape=IMAGE, points=None):
        layer(name, torch_f(by), call, lambda w, x: f(x), shape, points=points)

    # All below 0, so that a padding of zeros would show.
    below = [-(1 + (7 * i) % 13) for i in range(120)]
    # Windows in which the largest occurs several times.
    ties = [(i * i + i // 3) % 4 for i in range(120)]
    for kind, f1, f2 in ("max_pool", F.max_pool1d, F.max_pool2d), ("avg_pool", F.avg_pool1d, F.avg_pool2d):
        pool(kind, f"{kind}(2)", lambda x, f=f2: f(x, 2), f"{kind}2d")
        pool(f"{kind}_pair", f"{kind}([3, 2])", lambda x, f=f2: f(x, (3, 2)), f"{kind}2d")
        pool(f"{kind}_overlap", f"{kind}(3, stride: 2, pad: 1)", lambda x, f=f2: f(x, 3, 2, 1), f"{kind}2d", points=below)
        pool(f"{kind}_pad_pair", f"{kind}([4, 2], stride: [1, 2], pad: [2, 1])", lambda x, f=f2: f(x, (4, 2), (1, 2), (2, 1)), f"{kind}2d")
        pool(f"{kind}_gaps", f"{kind}(1, stride: [3, 2])", lambda x, f=f2: f(x, 1, (3, 2)), f"{kind}2d")
        pool(f"{kind}1d", f"{kind}1d(2)", lambda x, f=f1: f(x, 2), f"{kind}1d", SEQUENCE)
        pool(f"{kind}1d_overlap", f"{kind}1d(4, stride: 1, pad: 2)", lambda x, f=f1: f(x, 4, 1, 2), f"{kind}1d", SEQUENCE, points=below[:56])
        pool(f"{kind}1d_gaps", f"{kind}1d(2, stride: 3)", lambda x, f=f1: f(x, 2, 3), f"{kind}1d", SEQUENCE)
    pool("max_pool_ties", "max_pool(3, stride: 1)", lambda x: F.max_pool2d(x, 3, 1), "max_pool2d", points=ties)
    pool("max_pool1d_ties", "max_pool1d(3)", lambda x: F.max_pool1d(x, 3), "max_pool1d", SEQUENCE, points=ties[:56])
    for kind in "max", "avg":
        f1, f2 = getattr(F, f"adaptive_{kind}_pool1d"), getattr(F, f"adaptive_{kind}_pool2d")
        pool(f"global_{kind}_pool", f"global_{kind}_pool", lambda x, f=f2: f(x, 1).flatten(1), f2.__name__)
        pool(f"global_{kind}_pool1d", f"global_{kind}_pool1d", lambda x, f=f1: f(x, 1).flatten(1), f1.__name__, SEQUENCE)
    pool("global_max_pool_ties", "global_max_pool", lambda x: F.adaptive_max_pool2d(x, 1).flatten(1), "adaptive_max_pool2d", points=ties)

    pool("pad", "pad(2)", lambda x: F.pad(x, (2, 2, 2, 2)), "pad", "[2, 1, 2]")
    pool("pad_pair", "pad([0, 1])", lambda x: F.pad(x, (1, 1, 0, 0)), "pad", "[2, 2, 3]")
    pool("upsample", "upsample(2)", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), "interpolate", "[2, 2, 3]")
    pool("upsample_pair", "upsample([3, 1])", lambda x: F.interpolate(x, scale_factor=(3.0, 1.0), mode="nearest"), "interpolate", "[2, 2, 3]")


class LeNet(torch.nn.Module):
    """What lenet.nn describes, as it would be written in PyTorch."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(4, 6, 3)
        self.dense1 = torch.nn.Linear(6, 4)
        self.dense2 = torch.nn.Linear(4, 3)

    def forward(self, image):
        h = F.max_pool2d(F.relu(self.conv1(image)), 2)
        h = F.avg_pool2d(torch.tanh(self.conv2(h)), 2)
        return self.dense2(F.relu(self.dense1(h.flatten(1))))


def wholes():
    """Models of several parts."""

    def lenet(w, image, digit):
        z = torch.func.functional_call(LeNet().double(), w, image)
        return F.softmax(z, -1), F.cross_entropy(z, digit, ignore_index=-1)

    shapes = {k: tuple(v.shape) for k, v in LeNet().state_dict().items()}
    model("lenet", "torch.nn.Conv2d and Linear", {"image": "[1, 10, 10]"}, {"digit": "class(3)"}, """
conv(4, kernel: 3, pad: same) -> relu -> max_pool(2)
conv(6, kernel: 3) -> tanh -> avg_pool(2)
flatten
dense(4) -> relu
dense(3) -> softmax
""", "cross_entropy", lenet, shapes, {"digit": [2, 0, -1, 1]})

    def with_state(write=CASES["lenet"]):
        write()
        t = safetensors.torch.load_file(HERE / "lenet.safetensors")
        for precision in torch.float32, torch.float64:
            module = LeNet().to(precision)
            module.load_state_dict({k.removeprefix("weight/"): v for k, v in t.items() if k.startswith("weight/")})
            safetensors.torch.save_file(module.state_dict(), HERE / f"lenet.{str(precision).removeprefix('torch.')}.weights.safetensors")

    CASES["lenet"] = with_state

    def autoencoder(w, x, y):
        h = F.relu(convolve(x, w, "conv1", stride=2, pad=1))
        h = F.interpolate(F.relu(convolve(h, w, "conv2", groups=2)), scale_factor=(2.0, 1.0))
        out = F.conv_transpose2d(h, w["conv_transpose1.weight"], w["conv_transpose1.bias"], 2, 1)
        return out, F.mse_loss(out, y)

    model("autoencoder_convolutional", "torch", {"x": "[1, 6, 4]"}, {"y": "[1, 6, 4]"}, """
conv(4, kernel: 3, stride: 2, pad: 1) -> relu
conv(2, kernel: [2, 1], groups: 2) -> relu -> upsample([2, 1])
conv_transpose(1, kernel: [2, 4], stride: 2, pad: 1)
""", "mse", autoencoder, kernels("conv1", 4, 1, 3) | kernels("conv2", 2, 4, (2, 1), groups=2) | {"conv_transpose1.weight": (2, 1, 2, 4), "conv_transpose1.bias": (1,)})

    def separable(w, x, y):
        h = F.relu(convolve(x, w, "conv1", pad="same", groups=2))
        h = F.relu(convolve(h, w, "conv2"))
        out = linear(w, "dense1", h.mean((2, 3)))
        return out, F.mse_loss(out, y) + 0.05 / 2 * sum(w[k].square().sum() for k in w if k.endswith("weight"))

    model("separable", "torch; formula of l2 over convolutions too", {"x": "[2, 4, 3]"}, {"y": "[2]"}, """
conv(2, kernel: 3, pad: same, groups: 2) -> relu
conv(4, kernel: 1) -> relu
global_avg_pool -> dense(2)
""", ["mse", "l2(0.05)"], separable, kernels("conv1", 2, 2, 3, groups=2) | kernels("conv2", 4, 2, 1) | dense("dense1", 4, 2))


def add():
    convolutions()
    pools()
    wholes()
