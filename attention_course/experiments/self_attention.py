"""Lesson *Self-attention*: how much of a derivative survives a distance, and what a layer costs, against other layers."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.experiments import Verdict, above, all_of, below, experiment
from attention_course.measuring import timing
from attention_course.records import Record

DISTANCES = [2, 4, 8, 16, 32, 64]
SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
WIDTH = 64


class Attention(nn.Module):
    """Self-attention with three projections: ``x (B, n, d)`` → ``(B, n, d)``."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(d, d, bias=False) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.q(x) @ self.k(x).transpose(1, 2) / x.shape[-1] ** 0.5
        return torch.softmax(scores, dim=-1) @ self.v(x)


class Recurrent(nn.Module):
    """An RNN or LSTM of torch, an LSTM if wanted with another bias at its forget gates."""

    def __init__(self, kind: Callable[..., Any], d: int, forget_bias: float | None = None) -> None:
        super().__init__()
        self.net = kind(d, d, batch_first=True)
        if forget_bias is not None:
            self.net.bias_ih_l0.data[d : 2 * d] = forget_bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)[0]


class Convolutions(nn.Sequential):
    """Convolutions of size 3 over the positions, one for each of ``dilations``, with a ReLU behind each."""

    def __init__(self, d: int, dilations: Sequence[int]) -> None:
        layers = [nn.Conv1d(d, d, 3, padding=a, dilation=a) for a in dilations]
        super().__init__(*(part for layer in layers for part in (layer, nn.ReLU())))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


MAKERS = {
    "RNN": lambda n, d: Recurrent(nn.RNN, d),
    "LSTM": lambda n, d: Recurrent(nn.LSTM, d),
    "LSTM, forget bias 4": lambda n, d: Recurrent(nn.LSTM, d, forget_bias=4.0),
    "dilated convolution": lambda n, d: Convolutions(d, [2**i for i in range(math.ceil(math.log2(n)))]),
    "self-attention": lambda n, d: Attention(d),
}


def influence(make: Callable[[int, int], nn.Module], n: int, seed: int, d: int = 16) -> float:
    """Size of the derivative of the last output by the first input, untrained."""
    torch.manual_seed(seed)
    model = make(n, d).double()
    x = torch.randn(1, n, d, dtype=torch.float64)

    def last_output(first):
        return model(torch.cat([first[None, None], x[:, 1:]], dim=1))[0, -1]

    return torch.autograd.functional.jacobian(last_output, x[0, 0]).norm().item()


@experiment(settings=None)
def survival(seed: int) -> dict[str, Any]:
    """Size of the derivative of the last output by the first input in untrained layers, by distance."""
    return {name: [influence(make, n, seed) for n in DISTANCES] for name, make in MAKERS.items()}


def decay(runs: Record) -> np.ndarray:
    """The power of n with which the derivative through self-attention falls, of each seed."""
    return np.array([timing.growth_exponent(DISTANCES, row) for row in runs.values("self-attention")])


def per_step(runs: Record, name: str) -> np.ndarray:
    """By what the derivative is multiplied at each step, of each seed."""
    return np.exp([np.polyfit(DISTANCES, np.log(row), 1)[0] for row in runs.values(name)])


@survival.claim
def self_attention_falls_like_one_over_n(runs: Record) -> Verdict:
    """The derivative through an untrained softmax falls about like 1/n."""
    return all_of(above(decay(runs), -1.6), below(decay(runs), -0.6))


@survival.claim
def the_rnn_loses_much_more(runs: Record) -> Verdict:
    """At a distance of 64 the RNN has lost at least six orders of magnitude more than self-attention."""
    return above(np.log10(runs.values("self-attention")[:, -1] / runs.values("RNN")[:, -1]), 6)


@survival.claim
def recurrent_derivatives_vanish(runs: Record) -> Verdict:
    """Each step multiplies the derivative in RNN and LSTM by much less than one."""
    return all_of(below(per_step(runs, "RNN"), 0.7), below(per_step(runs, "LSTM"), 0.75))


@survival.claim
def open_gates_keep_it(runs: Record) -> Verdict:
    """With a bias of 4 at the forget gates an LSTM keeps most of the derivative at each step."""
    return above(per_step(runs, "LSTM, forget bias 4"), 0.85)


def pass_through(model: Any, x: torch.Tensor) -> Callable[[], object]:
    """A call that runs ``model`` forward and backward."""

    def run():
        model(x).sum().backward()

    return run


def layers() -> dict[str, nn.Module]:
    """The four layers that are timed."""
    return {
        "self-attention": Attention(WIDTH),
        "RNN": Recurrent(nn.RNN, WIDTH),
        "LSTM": Recurrent(nn.LSTM, WIDTH),
        "convolution": Convolutions(WIDTH, [1]),
    }


@experiment(settings=None)
def times(seed: int) -> dict[str, Any]:
    """Processor time of a layer forward and backward by length, in units of the convolution's at length 16."""
    torch.manual_seed(seed)
    models = layers()
    seconds: dict[str, list] = {}
    for n in SIZES:
        x = torch.randn(1, n, WIDTH, requires_grad=True)
        runs = {name: pass_through(model, x) for name, model in models.items()}
        found = timing.interleaved(runs, repeats=3, warmup=1, clock=time.process_time)
        for name, t in found.items():
            seconds.setdefault(name, []).append(np.median(t))
    narrow = {
        str(w): pass_through(Recurrent(nn.RNN, w), torch.randn(1, 512, w, requires_grad=True))
        for w in (8, 64)
    }
    thin = timing.interleaved(narrow, repeats=7, clock=time.process_time)
    unit = seconds["convolution"][0]
    return {
        **{name: np.array(row) / unit for name, row in seconds.items()},
        "narrow": np.median(thin["8"]) / np.median(thin["64"]),
    }


def exponent(runs: Record, name: str) -> np.ndarray:
    """The power of n with which the time of a layer grows from length 512 on, of each repetition."""
    sizes = np.array(SIZES)
    return np.array(
        [timing.growth_exponent(sizes[sizes >= 512], row[sizes >= 512]) for row in runs.values(name)]
    )


def meets(runs: Record, name: str) -> np.ndarray:
    """The length from which self-attention is slower than another layer, of each repetition; infinite where there is none."""
    pairs = zip(runs.values("self-attention"), runs.values(name), strict=True)
    return np.array([timing.crossover(SIZES, ours, other) or np.inf for ours, other in pairs])


@times.claim
def attention_grows_fastest(runs: Record) -> Verdict:
    """The time of self-attention grows nearly with the square of the length, that of the others more slowly."""
    ours = exponent(runs, "self-attention")
    gaps = [above(ours - exponent(runs, name), 0.3) for name in ("RNN", "LSTM", "convolution")]
    return all_of(above(ours, 1.5), *gaps)


@times.claim
def not_at_n_equal_d(runs: Record) -> Verdict:
    """Self-attention of width 64 is still faster than the LSTM at a length of 64."""
    at = SIZES.index(WIDTH)
    return above(runs.values("LSTM")[:, at] / runs.values("self-attention")[:, at], 1, cap=1.7)


@times.claim
def the_rnn_is_met_later(runs: Record) -> Verdict:
    """At the length at which self-attention has become slower than the LSTM, the RNN is slower still."""
    ours, lstm, rnn = (np.log(runs.values(name)) for name in ("self-attention", "LSTM", "RNN"))
    at = [
        next(i for i in range(len(SIZES)) if (a[i:] > b[i:]).all()) for a, b in zip(ours, lstm, strict=True)
    ]
    return above([r[i] - a[i] for r, a, i in zip(rnn, ours, at, strict=True)], 0)


@times.claim
def the_convolution_is_the_cheapest(runs: Record) -> Verdict:
    """A convolution is cheaper than self-attention at every length from 128 on."""
    ratio = runs.values("self-attention") / runs.values("convolution")
    return above(ratio[:, SIZES.index(128) :].min(1), 1, cap=1.4)


@times.claim
def width_hardly_matters_to_the_rnn(runs: Record) -> Verdict:
    """An RNN of width 8 takes more than a third of the time of one of width 64, with a sixty-fourth of the products."""
    return above(runs.values("narrow"), 0.35)


@times.claim
def the_lstm_is_faster_than_the_rnn(runs: Record) -> Verdict:
    """At 4096 the LSTM, which does more arithmetic, is faster than the RNN."""
    return above(runs.values("RNN")[:, -1] / runs.values("LSTM")[:, -1], 1.1)
