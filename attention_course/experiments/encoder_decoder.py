"""Lesson *Everything in one vector*: dates and telephone numbers through a context vector, and with attention."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from attention_course.data import dates, digits
from attention_course.data.dates import WrittenDate
from attention_course.data.tokens import EOS
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment
from attention_course.measuring import training
from attention_course.mechanisms.seq2seq import (
    AdditiveDecoder,
    Encoder,
    PlainDecoder,
    Seq2Seq,
    decode_batch,
    exact_matches,
    sequence_loss,
)
from attention_course.records import Record

LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16]  # tested; training has 1 to 10
WRITTEN = [10, 12, 14, 16]  # lengths at which is counted how many digits come out
NETWORKS = [
    {"kind": "plain", "width": 16, "steps": 400},
    {"kind": "plain", "width": 32, "steps": 400},
    {"kind": "plain", "width": 64, "steps": 400},
    {"kind": "plain", "width": 32, "steps": 1200},
    {"kind": "attention", "width": 32, "steps": 400},
]


def build(words_in: int, words_out: int, width: int, attention: bool = False) -> Seq2Seq:
    """An encoder–decoder with a context of ``width`` numbers; with ``attention`` the decoder sees all states."""
    encoder = Encoder(words_in, width=16, units=width // 2)
    decoder = AdditiveDecoder if attention else PlainDecoder
    return Seq2Seq(encoder, decoder(width, words_out, 16, width))


def date_tensors(written: Sequence[WrittenDate]) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens of dates and of their answers."""
    arrays = dates.encode(written)
    return torch.from_numpy(arrays["source"]), torch.from_numpy(arrays["target"])


def number_tensors(numbers: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens of numbers and of their repetitions."""
    source, target = digits.encode(numbers)
    return torch.from_numpy(source), torch.from_numpy(target)


def unseen_numbers(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """300 numbers of ``n`` digits as tensors."""
    return number_tensors(digits.make_numbers(300, (n, n), seed=100 + n))


def exact(model: Any, source: torch.Tensor, target: torch.Tensor) -> float:
    """Percent of the targets that greedy decoding says without a fault."""
    tokens, _ = decode_batch(model, source, max_len=target.shape[1] + 5)
    return 100 * exact_matches(tokens, target).float().mean().item()


@torch.no_grad()
def by_position(model: Any, n: int = 10) -> np.ndarray:
    """Percent of right digits at each of ``n`` positions, the true digits before it being forced."""
    source, target = unseen_numbers(n)
    predicted = model(source, target[:, :-1])[0].argmax(-1)[:, :n]
    return 100 * (predicted == target[:, 1 : n + 1]).float().mean(0).numpy()


def written_length(model: Any, n: int) -> float:
    """How many digits the model writes, on average, where the source has ``n``."""
    tokens, _ = decode_batch(model, unseen_numbers(n)[0], max_len=n + 6)
    ended = tokens == EOS
    end = torch.where(ended.any(1), ended.int().argmax(1), tokens.shape[1])
    return end.float().mean().item()


@experiment(settings=[{"width": 128, "steps": 800}])
def converters(seed: int, width: int, steps: int) -> dict[str, Any]:
    """Plain networks that write dates in one form, tested on days that training did not show."""
    written = dates.make_dates(8000, seed=1)
    unseen = dates.make_dates(2000, seed=2, exclude=written)
    training.set_seed(seed)
    model = build(len(dates.SOURCE), len(dates.TARGET), width)
    training.train(model, sequence_loss, date_tensors(written), steps=steps, seed=seed)
    return {"exact": exact(model, *date_tensors(unseen))}


@experiment(settings=NETWORKS)
def repeaters(seed: int, kind: str, width: int, steps: int) -> Outcome:
    """Networks that repeat numbers of one to ten digits, with attention and without, tested on one to sixteen."""
    data = number_tensors(digits.make_numbers(20000, (1, 10), seed=1))
    training.set_seed(seed)
    model = build(len(digits.DIGITS), len(digits.DIGITS), width, kind == "attention")
    training.train(model, sequence_loss, data, steps=steps, seed=seed)
    numbers = {
        "exact": [exact(model, *unseen_numbers(n)) for n in LENGTHS],
        "by_position": by_position(model),
        "written": [written_length(model, n) for n in WRITTEN],
    }
    return Outcome(numbers, model if seed == 0 and (width, steps) == (32, 400) else None)


def at(runs: Record, n: int, **settings: Any) -> np.ndarray:
    """Percent of the numbers of ``n`` digits that each seed's network repeats."""
    return runs.values("exact", **settings)[:, LENGTHS.index(n)]


def reach(rows: np.ndarray) -> np.ndarray:
    """Digits up to which at least half of the numbers come back, of ``rows (seeds, lengths)``."""
    return np.array([max(n for n, good in zip(LENGTHS, row >= 50, strict=True) if good) for row in rows])


def _plain(width, steps=400):
    return {"kind": "plain", "width": width, "steps": steps}


_ATTENTION = {"kind": "attention"}


@converters.claim
def dates_pass(runs: Record) -> Verdict:
    """Through one vector nearly all dates on unseen days are converted without a fault."""
    return above(runs.values("exact"), 95)


@repeaters.claim
def short_numbers_are_easy(runs: Record) -> Verdict:
    """Numbers of one and two digits come back from every network, with attention or without."""
    every = [at(runs, n, **row) for row in NETWORKS for n in (1, 2)]
    return above(np.min(every, axis=0), 90)


@repeaters.claim
def width_moves_the_cliff(runs: Record) -> Verdict:
    """After the same 400 steps a wider context brings more numbers of six digits through."""
    narrow, middle, wide = (at(runs, 6, **_plain(width)) for width in (16, 32, 64))
    return all_of(above(middle - narrow, 5), above(wide - middle, 5))


@repeaters.claim
def training_moves_the_cliff(runs: Record) -> Verdict:
    """Three times the steps bring more numbers of eight digits through a context of the same width."""
    return above(at(runs, 8, **_plain(32, 1200)) - at(runs, 8, **_plain(32)), 10)


@repeaters.claim
def plain_networks_do_not_get_ten_digits_through(runs: Record) -> Verdict:
    """At these budgets plain networks repeat the lesser part of the numbers of ten digits."""
    rows = [_plain(16), _plain(32), _plain(64), _plain(32, 1200)]
    return below(np.max([at(runs, 10, **row) for row in rows], axis=0), 50)


@repeaters.claim
def attention_repeats_what_it_was_trained_on(runs: Record) -> Verdict:
    """With attention nearly all numbers of every length in training come back after 400 steps."""
    return above(np.min([at(runs, n, **_ATTENTION) for n in range(1, 11)], axis=0), 90)


@repeaters.claim
def attention_is_ahead_at_ten_digits(runs: Record) -> Verdict:
    """With attention far more numbers of ten digits come back than from twice the width or three times the steps."""
    other = np.maximum(at(runs, 10, **_plain(64)), at(runs, 10, **_plain(32, 1200)))
    return above(at(runs, 10, **_ATTENTION) - other, 30)


@repeaters.claim
def attention_does_not_reach_far_beyond(runs: Record) -> Verdict:
    """With attention, too, hardly any number of fourteen digits comes back."""
    return below(at(runs, 14, **_ATTENTION), 15)


@repeaters.claim
def both_stop_too_early(runs: Record) -> Verdict:
    """Of sixteen digits both kinds write fewer than fifteen on average."""
    written = [runs.values("written", **row)[:, -1] for row in (_plain(64), _ATTENTION)]
    return all_of(*(below(lengths, 15) for lengths in written))


@repeaters.claim
def the_beginning_is_kept_better(runs: Record) -> Verdict:
    """Without attention the first digit of ten is right more often than the worst one."""
    rows = runs.values("by_position", **_plain(32))
    return above(rows[:, 0] - rows.min(axis=1), 10)


@repeaters.claim
def attention_loses_no_digit(runs: Record) -> Verdict:
    """With attention nearly every digit of ten is right, wherever it stands."""
    return above(runs.values("by_position", **_ATTENTION).min(axis=1), 95)
