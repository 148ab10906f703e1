"""Lesson *A context for every step*: date converters with additive attention and without."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import dates
from attention_course.data.dates import WrittenDate
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import training
from attention_course.mechanisms.seq2seq import (
    AdditiveAttention,
    AdditiveDecoder,
    Encoder,
    PlainDecoder,
    Seq2Seq,
    decode_batch,
    exact_matches,
    sequence_loss,
)
from attention_course.records import Record


def build(kind: str) -> Seq2Seq:
    """A date converter, ``"attention"`` or ``"plain"``; the encoder's states have 64 numbers."""
    encoder = Encoder(len(dates.SOURCE), width=16, units=32)
    size, characters = encoder.size, len(dates.TARGET)
    if kind == "plain":
        return Seq2Seq(encoder, PlainDecoder(size, characters, 16, size))
    attention = AdditiveAttention(query_size=size, key_size=size, hidden_size=32)
    return Seq2Seq(encoder, AdditiveDecoder(size, characters, 16, size, attention))


def splits(tests: int = 2000) -> tuple[list[WrittenDate], list[WrittenDate]]:
    """Dates to learn from, and ``tests`` of days that do not occur among them in any form."""
    train_set = dates.make_dates(8000, seed=1)
    return train_set, dates.make_dates(tests, seed=2, exclude=train_set)


def tensors(written: Sequence[WrittenDate]) -> dict[str, torch.Tensor]:
    """``source``, ``target`` and ``gold`` of dates, as :func:`attention_course.data.dates.encode` gives them."""
    return {name: torch.from_numpy(array) for name, array in dates.encode(written).items()}


def accuracy(model: Any, data: dict[str, torch.Tensor]) -> float:
    """Share of the dates that greedy decoding writes without a fault."""
    tokens, _ = decode_batch(model, data["source"], max_len=12)
    return exact_matches(tokens, data["target"]).float().mean().item()


@torch.no_grad()
def weights_of(model: Any, data: dict[str, torch.Tensor]) -> torch.Tensor:
    """Weights ``(N, 10, m)`` of the ten characters, the true target being forced."""
    return model(data["source"], data["target"][:, :-1])[1][:, :10]


def parts_of(gold: torch.Tensor) -> torch.Tensor:
    """Where in the text the part of the date stands that a character belongs to: ``gold (N, 10, m)`` by year, month, day."""
    parts = torch.zeros_like(gold)
    for first, last in ((0, 4), (5, 7), (8, 10)):
        parts[:, first:last] = gold[:, first:last].any(1, keepdim=True)
    return parts


def hits(weights: torch.Tensor, marked: torch.Tensor) -> torch.Tensor:
    """For each output character: does the largest weight lie where ``marked`` says?  bool ``(N, 10)``."""
    return marked.gather(2, weights.argmax(-1, keepdim=True))[..., 0]


def made_older(written: Sequence[WrittenDate]) -> list[WrittenDate]:
    """The dates of 2000 to 2049 with the century in the text, that century changed to 19; their answers say so."""
    aged = []
    for d in written:
        assert d.spans[0] is not None  # a digit of the year
        start, stop = d.spans[0]
        if d.iso[:2] == "20" and stop - start == 1:
            text = d.text[:start] + "19" + d.text[start + 2 :]
            aged.append(dates.WrittenDate(text, "19" + d.iso[2:], d.spans))
    return aged


def centuries(model: Any, data: dict[str, torch.Tensor]) -> list[float]:
    """Share of the dates for which the model writes 19, as the text says, and 20, as the tens digit says."""
    tokens, _ = decode_batch(model, data["source"], max_len=12)
    said = [torch.from_numpy(dates.TARGET.encode([century])) for century in ("19", "20")]
    return [(tokens[:, :2] == century).all(1).float().mean().item() for century in said]


def without_choice(model: Any) -> Any:
    """The model with v = 0, so that all states weigh the same."""
    blind = copy.deepcopy(model)
    nn.init.zeros_(blind.decoder.attention.v.weight)
    return blind


@experiment(settings=grid(kind=["attention", "plain"], steps=600))
def converters(seed: int, kind: str, steps: int) -> Outcome | dict[str, Any]:
    """Networks that write dates in one form, with attention and without; where they look, and what they take from there."""
    train_set, test_set = splits()
    train, test = tensors(train_set), tensors(test_set)
    training.set_seed(seed)
    model = build(kind)
    training.train(model, sequence_loss, (train["source"], train["target"]), steps=steps, seed=seed)
    numbers: dict[str, Any] = {"exact": 100 * accuracy(model, test)}
    if kind == "plain":
        return numbers
    gold, parts = test["gold"], parts_of(test["gold"])
    decided, weights = gold.any(-1), weights_of(model, test)
    numbers["character"] = 100 * hits(weights, gold)[decided].float().mean().item()
    numbers["part"] = 100 * hits(weights, parts)[decided].float().mean().item()
    numbers["each"] = hits(weights, gold).float().mean(0)
    written, tens = centuries(model, tensors(made_older(test_set)))
    numbers |= {"written_rule": 100 * written, "tens_rule": 100 * tens}
    numbers["blind"] = 100 * accuracy(without_choice(model), test)
    return Outcome(numbers, model if seed == 0 else None)


def _attentive(runs, name):
    return runs.values(name, kind="attention")


@converters.claim
def attention_converts_nearly_all(runs: Record) -> Verdict:
    """After 600 steps with attention nearly all unseen dates are right to the last character."""
    return above(_attentive(runs, "exact"), 98)


@converters.claim
def plain_is_behind(runs: Record) -> Verdict:
    """Without attention fewer are right after the same 600 steps."""
    return above(_attentive(runs, "exact") - runs.values("exact", kind="plain"), 3)


@converters.claim
def the_right_part_is_found(runs: Record) -> Verdict:
    """For most digits the largest weight lies in the right part of the date, far more often than by a blind guess."""
    return above(_attentive(runs, "part"), 80)


@converters.claim
def the_right_character_is_mostly_found(runs: Record) -> Verdict:
    """For most digits the largest weight lies on a character that decides it."""
    return above(_attentive(runs, "character"), 65)


@converters.claim
def misses_are_near(runs: Record) -> Verdict:
    """Some of the misses lie in the right part."""
    return above(_attentive(runs, "part") - _attentive(runs, "character"), 2)


@converters.claim
def the_first_digit_looks_elsewhere(runs: Record) -> Verdict:
    """For the first digit of the year the largest weight mostly lies elsewhere than marked, for its last two on the mark."""
    each = 100 * _attentive(runs, "each")
    return all_of(below(each[:, 0], 50), above(each[:, [2, 3]].min(axis=1), 80))


@converters.claim
def what_they_take_differs(runs: Record) -> Verdict:
    """How many years are moved a century forward differs from network to network, though all convert nearly every date."""
    moved = _attentive(runs, "tens_rule")
    farthest = np.abs(moved[:, None] - moved).max(axis=1)  # from the network that differs most
    return all_of(above(farthest, 5), above(_attentive(runs, "exact"), 98))


@converters.claim
def they_live_by_the_choice(runs: Record) -> Verdict:
    """With equal weights hardly a date comes out right."""
    return below(_attentive(runs, "blind"), 5)
