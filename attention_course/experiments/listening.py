"""Lesson *Listen, then dial*: networks that spell dialled digits, by content, by place, with a short listener."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from attention_course.data.sounds import Call, frame_time, make_call, spectrogram
from attention_course.data.tokens import BOS, PAD, Vocabulary
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import training
from attention_course.records import Record

DIGITS = Vocabulary("0123456789")
KINDS = {
    "content": (False, True),
    "place": (True, True),
    "short": (True, False),
}  # sees the last look, has a GRU
LENGTHS = (3, 4, 6, 8)


def make_calls(count: int, low: int, high: int, seed: int) -> list[Call]:
    """``count`` calls of ``low`` to ``high`` digits."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(low, high + 1, count)
    return [make_call("".join(rng.choice(list("0123456789"), n)), rng) for n in lengths]


def tensors(calls: Sequence[Call]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Frames (N, m, 65), which of them are sound (N, m), and digits (N, longest)."""
    parts = [torch.tensor(spectrogram(c.wave), dtype=torch.float32) for c in calls]
    frames = nn.utils.rnn.pad_sequence(parts, batch_first=True)
    real = torch.arange(frames.shape[1]) < torch.tensor([len(part) for part in parts])[:, None]
    return frames, real, torch.tensor(DIGITS.encode([c.keys for c in calls], bos=True, eos=True))


@lru_cache
def training_calls() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """2000 calls of two to four digits, as tensors."""
    return tensors(make_calls(2000, 2, 4, seed=1))


@lru_cache
def test_calls(digits: int) -> list[Call]:
    """100 calls of so many digits."""
    return make_calls(100, digits, digits, seed=10 + digits)


class Speller(nn.Module):
    """Frames (B, m, 65) -> scores of digits (B, T, 14), weights over every second frame (B, T, m/2)."""

    def __init__(self, place: bool = True, context: bool = True, d: int = 32, reach: int = 15) -> None:
        super().__init__()
        self.ear = nn.Conv1d(65, 2 * d, 5, stride=2, padding=2)
        self.listen = nn.GRU(2 * d, d, bidirectional=True, batch_first=True) if context else None
        self.W_x, self.W_h = nn.Linear(2 * d, d), nn.Linear(d, d, bias=False)
        self.v = nn.Linear(d, 1, bias=False)
        self.filters = nn.Conv1d(1, 8, 2 * reach + 1, padding=reach) if place else None
        self.W_f: Any = nn.Linear(8, d, bias=False) if place else None
        self.digit = nn.Embedding(len(DIGITS), 16)
        self.cell, self.out = nn.GRUCell(16 + 2 * d, d), nn.Linear(3 * d, len(DIGITS))

    def encode(self, frames: torch.Tensor) -> torch.Tensor:
        x = self.ear((frames - 2).transpose(1, 2)).relu().transpose(1, 2)
        return x if self.listen is None else self.listen(x)[0]

    def look(self, keys: torch.Tensor, hidden: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """Scores (B, m): what the frames are, and where the last look fell."""
        inner = keys + self.W_h(hidden)[:, None]
        if self.filters is not None:
            inner = inner + self.W_f(self.filters(before[:, None]).transpose(1, 2))
        return self.v(inner.tanh())[..., 0]

    def forward(
        self,
        frames: torch.Tensor,
        real: torch.Tensor,
        target: torch.Tensor | None = None,
        steps: int | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x, real = self.encode(frames), real[:, ::2]
        keys, h = self.W_x(x), x.new_zeros(len(x), self.W_h.out_features)
        weights = torch.zeros_like(x[..., 0])
        weights[:, 0] = 1  # before the first digit: at the beginning
        token = torch.full((len(x),), BOS)
        logits, alphas = [], []
        for t in range(steps or cast(torch.Tensor, target).shape[1] - 1):
            scores = self.look(keys, h, weights).masked_fill(~real, -torch.inf)
            weights = scores.softmax(-1)
            context = (weights[:, None] @ x)[:, 0]
            h = self.cell(torch.cat([self.digit(token), context], -1), h)
            logits.append(self.out(torch.cat([h, context], -1)))
            alphas.append(weights)
            token = logits[-1].argmax(-1) if target is None else target[:, t + 1]
        return torch.stack(logits, 1), torch.stack(alphas, 1)


def spelling_loss(model: Any, frames: torch.Tensor, real: torch.Tensor, digits: torch.Tensor) -> torch.Tensor:
    logits = model(frames, real, digits)[0].flatten(0, 1)
    return nn.functional.cross_entropy(logits, digits[:, 1:].flatten(), ignore_index=PAD)


@torch.no_grad()
def measure(model: Any, calls: Sequence[Call]) -> dict[str, float]:
    """In per cent: calls written right, weight within the tones, calls whose peaks move forward; of the wrong calls those
    that stop early and those that begin right (absent where none is wrong).
    """
    frames, real, digits = tensors(calls)
    n = len(calls[0].keys)
    tokens = model(frames, real, steps=n + 2)[0].argmax(-1).numpy()
    pairs = [("".join(DIGITS.decode(w)), c.keys) for w, c in zip(tokens, calls, strict=True)]
    alphas = model(frames, real, digits)[1][:, :n].numpy()
    now = frame_time(np.arange(0, frames.shape[1], 2))
    start, end = np.array([call.times for call in calls]).transpose(2, 0, 1)[..., None]
    within = (alphas * ((start <= now) & (now <= end))).sum(-1).mean()
    found = {
        "right": np.mean([written == keys for written, keys in pairs]),
        "within": within,
        "order": (np.diff(alphas.argmax(-1)) > 0).all(-1).mean(),
    }
    wrong = [(written, keys) for written, keys in pairs if written != keys]
    if wrong:
        found["early"] = np.mean([len(written) < len(keys) for written, keys in wrong])
        found["begins"] = np.mean([keys.startswith(written) for written, keys in wrong])
    return {mark: 100 * float(value) for mark, value in found.items()}


@experiment(settings=grid(kind=list(KINDS), steps=200))
def spellers(seed: int, kind: str, steps: int) -> Outcome:
    """Spellers trained on calls of two to four digits, tested on three to eight."""
    training.set_seed(seed)
    model = Speller(*KINDS[kind])
    training.train(model, spelling_loss, training_calls(), steps=steps, batch_size=32, seed=seed)
    numbers = {f"{n}_{m}": x for n in LENGTHS for m, x in measure(model, test_calls(n)).items()}
    return Outcome(numbers, model if seed == 0 and kind == "place" else None)


@spellers.claim
def usual_calls_are_written(runs: Record) -> Verdict:
    """With place nearly every call of four digits is right, in order, with most of the weight within the tones."""
    place = [runs.values(f"4_{mark}", kind="place") for mark in ("right", "within", "order")]
    return all_of(above(place[0], 85), above(place[1], 65), above(place[2], 90))


@spellers.claim
def content_copes_with_four(runs: Record) -> Verdict:
    """By content, too, most calls of four digits are right, with less of the weight within the tones."""
    less = runs.values("4_within", kind="place") - runs.values("4_within", kind="content")
    return all_of(above(runs.values("4_right", kind="content"), 50), above(less, 2, cap=15))


@spellers.claim
def content_fails_on_six(runs: Record) -> Verdict:
    """By content hardly a call of six digits is right, and less than half are looked through in order."""
    right, order = (runs.values(f"6_{mark}", kind="content") for mark in ("right", "order"))
    return all_of(below(right, 10), below(order, 50))


@spellers.claim
def place_keeps_the_order(runs: Record) -> Verdict:
    """With place most calls of six digits are looked through in order, far more than by content."""
    place, content = (runs.values("6_order", kind=kind) for kind in ("place", "content"))
    return all_of(above(place, 80), above(place - content, 40))


@spellers.claim
def not_without_end(runs: Record) -> Verdict:
    """At eight digits most calls go wrong with place, too, and fewer than at six are looked through in order."""
    order = [runs.values(f"{n}_order", kind="place") for n in (6, 8)]
    return all_of(below(runs.values("8_right", kind="place"), 50), above(order[0] - order[1], 5, cap=16))


@spellers.claim
def wrong_calls_stop_early(runs: Record) -> Verdict:
    """With place nearly all wrong calls of six digits are too short, and half of them or more are right as far as they go."""
    early, begins = (runs.values(f"6_{mark}", kind="place") for mark in ("early", "begins"))
    return all_of(above(early, 85), above(begins, 40, cap=60))


@spellers.claim
def content_loses_its_place(runs: Record) -> Verdict:
    """By content, calls of six digits end too early as well, but few begin right."""
    early, begins = (runs.values(f"6_{mark}", kind="content") for mark in ("early", "begins"))
    return all_of(above(early, 60), below(begins, 35))


@spellers.claim
def a_short_listener_does_not_win(runs: Record) -> Verdict:
    """Without a GRU in the listener calls of six digits are not twenty-five points more often right."""
    gain = runs.values("6_right", kind="short") - runs.values("6_right", kind="place")
    return below(gain, 25, cap=-10)
