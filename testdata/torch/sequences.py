"""Cases of the layers for sequences: embeddings, positions, recurrent layers, attention, and what makes one step of many.

The reference is PyTorch's own module, called with the case's weights in place of its own: names and layouts of the weights
are therefore those of its state_dict.
"""

import math

import safetensors.torch
import torch
import torch.nn.functional as F
from make import CASES, HERE, dense, layer, linear, model

TEXT = [[1, 4, 1, 0], [0, 0, 0, 0], [2, 3, 4, 2], [4, 1, 3, 3]]  # labels that come again in a row, and in several


def call(module, w, name, *x, **options):
    """What a module makes of x with the weights NAME.… of w."""
    own = {k.removeprefix(name + "."): v for k, v in w.items() if k.startswith(name + ".")}
    return torch.func.functional_call(module.double(), own, x, options)


def weights(module, name):
    """The shapes of a module's weights."""
    return {f"{name}.{k}": tuple(v.shape) for k, v in module.state_dict().items()}


def recurrent(name, kind, text, inputs, units, shape, reverse=False, **options):
    """Adds a case of a recurrent layer. reverse: the module sees the steps turned round, and so does whoever reads them."""
    make = lambda: kind(inputs, units, batch_first=True, **options)
    instance = kind.__name__.lower() + "1"

    def f(w, x):
        turned = x.flip(1) if reverse else x
        y, _ = call(make(), w, instance, turned)
        return y.flip(1) if reverse else y

    by = f"torch.nn.{kind.__name__}" + (", the steps turned round before and behind it" if reverse else "")
    layer(name, by, text, f, shape, weights(make(), instance))


def attention(name, text, size, heads, shape, causal=False, bias=True):
    make = lambda: torch.nn.MultiheadAttention(size, heads, bias=bias, batch_first=True)
    mask = torch.ones(parts(shape)[0], parts(shape)[0], dtype=torch.bool).triu(1) if causal else None
    f = lambda w, x: call(make(), w, "attention1", x, x, x, attn_mask=mask)[0]
    layer(name, "torch.nn.MultiheadAttention" + (" with a causal mask" if causal else ""), text, f, shape, weights(make(), "attention1"))


def parts(shape):
    return [int(n) for n in shape[1:-1].split(",")]


def sinusoids(steps, size):
    """The paper's section 3.5, as PyTorch's tutorial on transformers writes it."""
    t = torch.arange(steps, dtype=torch.double)[:, None]
    rate = torch.exp(torch.arange(0, size, 2, dtype=torch.double) * (-math.log(10000) / size))
    p = torch.zeros(steps, size, dtype=torch.double)
    p[:, 0::2] = torch.sin(t * rate)
    p[:, 1::2] = torch.cos(t * rate)[:, : size // 2]
    return p


def embeddings():
    def embed(name, port, dim, labels):
        def f(w, x, y):
            value = F.embedding(x, w["embed1.weight"])
            fit = linear(w, "fit", value.flatten(1))
            return {"value": value, "fit": fit}, F.mse_loss(fit, y)

        steps = len(labels[0]) if isinstance(labels[0], list) else 1
        model(name, "torch.nn.Embedding", {"x": port}, {"y": "[2]"}, f"value = x -> embed({dim})\nfit = value -> flatten -> dense(2, name: fit)\n(value, fit)",
              "(fit, y) -> mse", f, {"embed1.weight": (5, dim)} | dense("fit", steps * dim, 2), {"x": labels})

    embed("embed", "[4]class(5)", 3, TEXT)
    embed("embed_word", "class(5)", 2, [3, 0, 3, 4])
    by = "formula of the paper, in PyTorch"
    layer("positions", by, "positions", lambda w, x: x + sinusoids(3, 4), "[3, 4]")
    layer("positions_odd", by, "positions(kind: sinusoidal)", lambda w, x: x + sinusoids(20, 5), "[20, 5]")
    layer("positions_learned", "torch: a parameter that is added", "positions(kind: learned)", lambda w, x: x + w["positions1.weight"], "[3, 2]", {"positions1.weight": (3, 2)})


def reductions():
    for name, f in {
        "last": lambda w, x: x[:, -1],
        "mean_over_time": lambda w, x: x.mean(1),
        "max_over_time": lambda w, x: x.max(1).values,
    }.items():
        by = {"last": "torch.select", "mean_over_time": "torch.mean", "max_over_time": "torch.max"}[name]
        layer(name, by, name, f, "[3, 2]")
        layer(f"{name}_one", by, name, f, "[1, 4]")
    # The maximum at two steps: the first gets the gradient.
    layer("max_over_time_ties", "torch.max", "max_over_time", lambda w, x: x.max(1).values, "[3, 2]",
          points=[[1, 5], [2, 5], [2, 4], [0, 0], [0, 0], [0, 0], [-1, 3], [-1, 2], [-1, 3], [4, 1], [3, 1], [4, 0]])


def recurrents():
    rnn, gru, lstm = torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM
    recurrent("rnn", rnn, "rnn(3)", 2, 3, "[4, 2]")
    recurrent("rnn_relu", rnn, "rnn(3, nonlinearity: relu)", 2, 3, "[4, 2]", nonlinearity="relu")
    for kind in rnn, gru, lstm:
        name = kind.__name__.lower()
        if kind is not rnn:
            recurrent(name, kind, f"{name}(3)", 2, 3, "[4, 2]")
        recurrent(f"{name}_one_step", kind, f"{name}(2)", 3, 2, "[1, 3]")
        recurrent(f"{name}_no_bias", kind, f"{name}(2, bias: false)", 3, 2, "[3, 3]", bias=False)
        recurrent(f"{name}_reverse", kind, f"{name}(2, reverse: true)", 3, 2, "[3, 3]", reverse=True)
        recurrent(f"{name}_bidirectional", kind, f"{name}(2, bidirectional: true)", 3, 2, "[3, 3]", bidirectional=True)
        recurrent(f"{name}_bidirectional_one_step", kind, f"{name}(2, bidirectional: true, bias: false)", 2, 2, "[1, 2]", bidirectional=True, bias=False)
    # Longer and wider than a block of a matrix kernel.
    recurrent("lstm_large", lstm, "lstm(9)", 17, 9, "[11, 17]")

    def stacked(w, x, y):
        h, _ = call(gru(3, 4, batch_first=True), w, "gru1", x)
        h, _ = call(lstm(4, 3, batch_first=True, bidirectional=True), w, "lstm1", h)
        fit = linear(w, "dense1", h.mean(1))
        return fit, F.mse_loss(fit, y)

    model("recurrent_stacked", "torch.nn.GRU, torch.nn.LSTM", {"x": "[3, 3]"}, {"y": "[2]"}, "gru(4) -> lstm(3, bidirectional: true) -> mean_over_time -> dense(2)", "mse", stacked,
          weights(gru(3, 4), "gru1") | weights(lstm(4, 3, bidirectional=True), "lstm1") | dense("dense1", 6, 2))

    # One set of weights, used twice: their gradients add up.
    def shared(w, a, b, y):
        last = lambda x: call(lstm(2, 3, batch_first=True), w, "Enc.lstm1", x)[0][:, -1]
        fit = linear(w, "dense1", last(a) - last(b))
        return fit, F.mse_loss(fit, y)

    model("lstm_shared", "torch.nn.LSTM, called twice", {"a": "[3, 2]", "b": "[3, 2]"}, {"y": "[2]"}, "(a -> Enc) - (b -> Enc) -> dense(2)", "mse", shared,
          weights(lstm(2, 3), "Enc.lstm1") | dense("dense1", 3, 2), shared="shared Enc = lstm(3) -> last")


def attentions():
    attention("attention", "attention(2)", 4, 2, "[3, 4]")
    attention("attention_one_head", "attention(1)", 3, 1, "[4, 3]")
    attention("attention_one_step", "attention(2)", 4, 2, "[1, 4]")
    attention("attention_causal", "attention(2, causal: true)", 4, 2, "[3, 4]", causal=True)
    attention("attention_no_bias", "attention(heads: 3, causal: true, bias: false)", 6, 3, "[2, 6]", causal=True, bias=False)
    attention("attention_large", "attention(4, causal: true)", 12, 4, "[9, 12]", causal=True)
    # Without an optimizer, since a mask of training is no business of another generator's.
    make = lambda: torch.nn.MultiheadAttention(4, 2, dropout=0.3, batch_first=True).eval()

    def predict(w, x, y):
        value = call(make(), w, "attention1", x, x, x)[0]
        fit = linear(w, "fit", value.flatten(1))
        return {"value": value, "fit": fit}, F.mse_loss(fit, y)

    model("attention_dropout_predict", "torch.nn.MultiheadAttention in eval mode", {"x": "[3, 4]"}, {"y": "[2]"},
          "value = x -> attention(2, dropout: 0.3)\nfit = value -> flatten -> dense(2, name: fit)\n(value, fit)", "(fit, y) -> mse", predict, weights(make(), "attention1") | dense("fit", 12, 2), optimizer="")


class CharLSTM(torch.nn.Module):
    """What char_lstm.nn describes, as it would be written in PyTorch."""

    def __init__(self):
        super().__init__()
        self.embed1 = torch.nn.Embedding(5, 3)
        self.lstm1 = torch.nn.LSTM(3, 4, batch_first=True)
        self.lstm2 = torch.nn.LSTM(4, 3, batch_first=True)
        self.dense1 = torch.nn.Linear(3, 5)

    def forward(self, text):
        h, _ = self.lstm1(self.embed1(text))
        h, _ = self.lstm2(h)
        return self.dense1(h)


class Positions(torch.nn.Module):
    def __init__(self, steps, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(steps, size))

    def forward(self, x):
        return x + self.weight


class Transformer(torch.nn.Module):
    """What transformer.nn describes: a decoder's block, normalised before attention and before the dense layers."""

    def __init__(self):
        super().__init__()
        self.embed1 = torch.nn.Embedding(5, 6)
        self.positions1 = Positions(4, 6)
        self.layer_norm1 = torch.nn.LayerNorm(6)
        self.attention1 = torch.nn.MultiheadAttention(6, 2, batch_first=True)
        self.layer_norm2 = torch.nn.LayerNorm(6)
        self.dense1 = torch.nn.Linear(6, 12)
        self.dense2 = torch.nn.Linear(12, 6)
        self.layer_norm3 = torch.nn.LayerNorm(6)
        self.dense3 = torch.nn.Linear(6, 5)

    def forward(self, text):
        x = self.positions1(self.embed1(text))
        n = self.layer_norm1(x)
        mask = torch.nn.Transformer.generate_square_subsequent_mask(4).to(x.dtype)
        h = x + self.attention1(n, n, n, attn_mask=mask)[0]
        h = h + self.dense2(F.gelu(self.dense1(self.layer_norm2(h))))
        return self.dense3(self.layer_norm3(h))


def wholes():
    """Models that predict the next character, with what PyTorch saves of them."""

    def text(name, make, layers):
        def f(w, text, next):
            z = torch.func.functional_call(make().double(), w, text)
            return F.softmax(z, -1), F.cross_entropy(z.flatten(0, 1), next.flatten(), ignore_index=-1)

        following = [row[1:] + [k - 1] for k, row in enumerate(TEXT)]  # the first row is padded
        model(name, "the class " + make.__name__ + " in sequences.py", {"text": "[4]class(5)"}, {"next": "[4]class(5)"}, layers, "cross_entropy", f,
              {k: tuple(v.shape) for k, v in make().state_dict().items()}, {"text": TEXT, "next": following})

        def with_state(write=CASES[name]):
            write()
            t = safetensors.torch.load_file(HERE / f"{name}.safetensors")
            for precision in torch.float32, torch.float64:
                module = make().to(precision)
                module.load_state_dict({k.removeprefix("weight/"): v for k, v in t.items() if k.startswith("weight/")})
                safetensors.torch.save_file(module.state_dict(), HERE / f"{name}.{str(precision).removeprefix('torch.')}.weights.safetensors")

        CASES[name] = with_state

    text("char_lstm", CharLSTM, "embed(3) -> lstm(4) -> lstm(3) -> dense(5) -> softmax")
    text("transformer", Transformer, """
x = text -> embed(6) -> positions(kind: learned)
h = x + (x -> layer_norm -> attention(2, causal: true))
h + (h -> layer_norm -> dense(12) -> gelu -> dense(6)) -> layer_norm -> dense(5) -> softmax
""")


def add():
    embeddings()
    reductions()
    recurrents()
    attentions()
    wholes()
