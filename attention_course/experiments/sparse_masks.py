"""Lesson *Looking at less*: processor time of windows in blocks, of packed letters and of squares that are skipped."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.experiments import Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import timing
from attention_course.mechanisms import masking, sparse
from attention_course.records import Record

WINDOW, WIDTH = 64, 32
LENGTHS = [256, 512, 1024, 2048, 4096]


def window_ways(n: int) -> dict[str, Callable[[], torch.Tensor]]:
    """Queries, keys and values of ``n`` tokens, in one window, without a mask, with it, and in blocks."""
    Q, K, V = torch.randn(3, n, WIDTH)
    mask = torch.from_numpy(masking.sliding_window_mask(n, WINDOW))
    return {
        "no mask": lambda: torch.softmax(Q @ K.T / math.sqrt(WIDTH), dim=-1) @ V,
        "masked": lambda: sparse.masked(Q, K, V, mask),
        "in blocks": lambda: sparse.in_window(Q, K, V, WINDOW),
    }


@experiment(settings=None)
def windows(seed: int) -> dict[str, Any]:
    """Processor time of attention without a mask, with that of a window, and in the window's blocks, by length."""
    torch.manual_seed(seed)
    seconds: dict[str, list] = {}
    for n in LENGTHS:
        for name, f in window_ways(n).items():  # one by one: large arrays spoil the cache for small
            times = timing.interleaved({name: f}, repeats=7, warmup=2, clock=time.process_time)[name]
            seconds.setdefault(name, []).append(np.median(times))
    return {
        **{name: np.array(t) / seconds["no mask"][0] for name, t in seconds.items()},
        # from 512 on, where starting up no longer counts
        "exponents": {name: timing.growth_exponent(LENGTHS[1:], t[1:]) for name, t in seconds.items()},
    }


def letter_lengths() -> np.ndarray:
    """Words in each of 64 letters, 4 to 128, most of them short."""
    letters = np.random.default_rng(0).lognormal(3.0, 0.8, size=64).round().astype(int).clip(4, 128)
    letters[0] = 128
    return letters


def layouts_of(letters: np.ndarray) -> dict[str, np.ndarray]:
    """Numbers (rows, n) of the letters: each in a row of its own, packed into rows as long, and all in one row."""
    longest, total = int(letters.max()), int(letters.sum())
    return {
        "padded": np.arange(1, len(letters) + 1)[:, None] * masking.padding_mask(letters, longest),
        "packed": sparse.pack(letters, longest),
        "one row": sparse.pack(letters, total),
    }


def arrange(words: torch.Tensor, numbers: np.ndarray, letters: np.ndarray) -> torch.Tensor:
    """The ``words (letters, longest, d)`` where the ``numbers (rows, n)`` say: ``(rows, n, d)``."""
    x = torch.zeros(*numbers.shape, words.shape[-1])
    for k, length in enumerate(letters):
        x[torch.from_numpy(numbers == k + 1)] = words[k, :length]
    return x


class Layer(nn.Module):
    """Projections, masked attention, a small network: ``x (rows, n, d)``, ``mask (rows, n, n)`` → ``(rows, n, d)``."""

    def __init__(self, dim: int = 64) -> None:
        super().__init__()
        self.project = nn.Linear(dim, 3 * dim)
        self.feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.ReLU(), nn.Linear(4 * dim, dim))

    @torch.no_grad()
    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        Q, K, V = self.project(x).chunk(3, dim=-1)
        z = sparse.masked(Q, K, V, mask).nan_to_num()  # pads have no keys
        return self.feed(x + z)


@experiment(settings=None)
def packing(seed: int) -> dict[str, Any]:
    """Processor time of one layer over 64 letters: padded, packed into rows as long as the longest, in a single row."""
    torch.manual_seed(seed)
    letters, layer = letter_lengths(), Layer()
    words = torch.randn(len(letters), int(letters.max()), 64)
    ways = {}
    for name, numbers in layouts_of(letters).items():
        given = arrange(words, numbers, letters), torch.from_numpy(sparse.same_sequence(numbers))
        ways[name] = lambda given=given: layer(*given)
    times = timing.interleaved(ways, repeats=9, warmup=2, clock=time.process_time)
    return {name: np.median(t) / np.median(times["padded"]) for name, t in times.items()}


def four_masks(n: int = 2048) -> dict[str, torch.Tensor]:
    """A window, letters end to end, the past, and as much as the window allows strewn at random: bool (n, n)."""
    rng = np.random.default_rng(0)
    window = masking.sliding_window_mask(n, WINDOW)
    letter_of = np.repeat(np.arange(n), rng.integers(20, 120, size=n))[:n]
    masks = {
        "window": window,
        "letters": letter_of[:, None] == letter_of,
        "causal": masking.causal_mask(n),
        "scattered": (rng.random((n, n)) < window.mean()) | np.eye(n, dtype=bool),
    }
    return {name: torch.from_numpy(mask) for name, mask in masks.items()}


@experiment(settings=grid(kind=["window", "letters", "causal", "scattered"], block=32))
def squares(seed: int, kind: str, block: int) -> dict[str, Any]:
    """Processor time of skipping squares without a True, against all scores at once and against all in pieces."""
    mask = four_masks()[kind]
    torch.manual_seed(seed)
    Q, K, V = torch.randn(3, 4, len(mask), WIDTH)  # four queries, keys, values a place: heads
    some, every = sparse.plan(mask, block)[0], sparse.plan(mask, block, skip=False)[0]
    ways = {
        "all": lambda: sparse.masked(Q, K, V, mask),
        "pieces": lambda: sparse.skipping(Q, K, V, every),
        "some": lambda: sparse.skipping(Q, K, V, some),
    }
    t = timing.interleaved(ways, repeats=7, warmup=1, clock=time.process_time)
    return {f"of {other}": np.median(t["some"] / t[other]) for other in ("all", "pieces")}


@windows.claim
def a_mask_saves_no_time(runs: Record) -> Verdict:
    """At 4096 tokens attention with the mask of a window takes no less time than without a mask."""
    return above(runs.values("masked")[:, -1] / runs.values("no mask")[:, -1], 0.9)


@windows.claim
def blocks_save_time(runs: Record) -> Verdict:
    """At 4096 tokens the blocks are more than five times faster than the mask, and the gain grows with the length."""
    gain = runs.values("masked") / runs.values("in blocks")
    return all_of(above(gain[:, -1], 5), above(gain[:, -1] / gain[:, 0], 3, cap=45))


@windows.claim
def blocks_grow_more_slowly(runs: Record) -> Verdict:
    """The time of the mask grows with a larger power of the length than that of the blocks."""
    powers = [np.array([row[name] for row in runs.values("exponents")]) for name in ("masked", "in blocks")]
    return above(powers[0] - powers[1], 0.5)


@packing.claim
def packing_saves_time(runs: Record) -> Verdict:
    """Packed into rows as long as the longest letter, a layer takes less than 70 % of the time of padding."""
    return below(runs.values("packed"), 0.7)


@packing.claim
def one_endless_row_is_no_bargain(runs: Record) -> Verdict:
    """All letters in a single row take more time than packed rows."""
    return above(runs.values("one row") / runs.values("packed"), 1.3, cap=6)


@squares.claim
def empty_squares_are_saved(runs: Record) -> Verdict:
    """For a window and for letters, skipping takes less than half of the time of the same pieces without it."""
    return all_of(*[below(runs.values("of pieces", kind=kind), 0.5) for kind in ("window", "letters")])


@squares.claim
def scattered_saves_nothing(runs: Record) -> Verdict:
    """As many places strewn at random leave nothing to skip."""
    return above(runs.values("of pieces", kind="scattered"), 0.75)


@squares.claim
def pieces_alone_save_time(runs: Record) -> Verdict:
    """Computing in pieces is faster than all scores at once, even where nothing is skipped."""
    return below(runs.values("of all", kind="scattered"), 1, cap=0.75)
