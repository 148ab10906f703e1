"""Lesson *Multiply instead of add*: seven decoders at one budget, and what their scores cost."""

import time
from typing import Any

import numpy as np
import torch

from attention_course.data import dates
from attention_course.experiments import Verdict, above, all_of, below, experiment, grid
from attention_course.experiments.additive_attention import (
    accuracy,
    hits,
    parts_of,
    splits,
    tensors,
    weights_of,
)
from attention_course.measuring import training
from attention_course.measuring.timing import interleaved
from attention_course.mechanisms.seq2seq import (
    AdditiveAttention,
    AdditiveDecoder,
    ConcatAttention,
    DotAttention,
    Encoder,
    GeneralAttention,
    LocalAttention,
    LuongDecoder,
    Seq2Seq,
    sequence_loss,
)
from attention_course.records import Record

SIZE = 64
SCORES = ["dot", "general", "concat", "fed", "local 10", "local 5", "additive"]
WIDTHS = [32, 64, 128, 256]


def attention_of(score: str) -> Any:
    """The attention of one of :data:`SCORES`."""
    if score == "dot":
        return DotAttention()
    if score in ("general", "fed"):
        return GeneralAttention(SIZE, SIZE)
    if score.startswith("local"):
        return LocalAttention(SIZE, SIZE, 32, reach=int(score.split()[1]))
    return (AdditiveAttention if score == "additive" else ConcatAttention)(SIZE, SIZE, 32)


def build(score: str) -> Seq2Seq:
    """A date converter with one of :data:`SCORES`, behind the decoder's step; ``"additive"`` before it, as Bahdanau's."""
    encoder, characters = Encoder(len(dates.SOURCE), 16, SIZE // 2), len(dates.TARGET)
    attention = attention_of(score)
    if score == "additive":
        return Seq2Seq(encoder, AdditiveDecoder(SIZE, characters, 16, SIZE, attention))
    return Seq2Seq(encoder, LuongDecoder(SIZE, characters, 16, SIZE, attention, score == "fed"))


def fit(score: str, seed: int, steps: int, data: dict[str, torch.Tensor]) -> Any:
    """One of the decoders after ``steps`` steps."""
    training.set_seed(seed)
    model = build(score)
    training.train(model, sequence_loss, (data["source"], data["target"]), steps=steps, seed=seed)
    return model


@torch.no_grad()
def in_window(model: Any, data: dict[str, torch.Tensor]) -> float:
    """Percent of the digits with a deciding character within reach of the predicted place, the truth being forced."""
    memory = model.encoder(data["source"])
    state = model.decoder.begin(memory)
    embedded = model.decoder.embedding(data["target"][:, :10])
    h, _ = model.decoder.gru(embedded, state[0])  # no feeding: all steps at once
    attention, gold = model.decoder.attention, data["gold"]
    place = attention.place(h, memory.mask.sum(1)[:, None, None])
    distance = (torch.arange(memory.mask.shape[1]) - place).abs()
    nearest = distance.masked_fill(~gold, float("inf")).amin(-1)[gold.any(-1)]
    return 100 * (nearest <= attention.reach).float().mean().item()


@experiment(settings=grid(score=SCORES, steps=200))
def scores(seed: int, score: str, steps: int) -> dict[str, Any]:
    """Seven decoders that learn to write dates, each for the same few steps."""
    train_set, test_set = splits(tests=1000)
    test = tensors(test_set)
    model = fit(score, seed, steps, tensors(train_set))
    gold = test["gold"]
    looks = hits(weights_of(model, test), parts_of(gold))[gold.any(-1)]
    numbers = {"exact": 100 * accuracy(model, test), "part": 100 * looks.float().mean().item()}
    if score.startswith("local"):
        numbers["in_window"] = in_window(model, test)
    return numbers


@experiment(settings=[{"steps": 6}])
def step_times(seed: int, steps: int) -> dict[str, Any]:
    """Processor time of a training step with each score, next to that with dot."""
    train_set, _ = splits(tests=1)
    data = tensors(train_set[:256])
    functions = {s: lambda s=s: fit(s, seed, steps, data) for s in SCORES}
    times = interleaved(functions, repeats=5, clock=time.process_time)
    return {score: np.median(seconds) / np.median(times["dot"]) for score, seconds in times.items()}


@experiment(settings=grid(width=WIDTHS))
def costs(seed: int, width: int) -> dict[str, Any]:
    """Processor time of scores, softmax and average alone, 12 queries and 40 keys for each of 16 sequences, dot = 1."""
    torch.manual_seed(seed)
    queries, keys = torch.randn(16, 12, width), torch.randn(16, 40, width)
    modules = {
        "dot": DotAttention(),
        "general": GeneralAttention(width, width),
        "additive": AdditiveAttention(width, width, 32),
        "concat": ConcatAttention(width, width, 32),
    }

    def call(module):
        with torch.no_grad():
            for _ in range(4):
                module(queries, keys, keys)

    functions = {name: lambda module=module: call(module) for name, module in modules.items()}
    times = interleaved(functions, repeats=31, warmup=3, clock=time.process_time)
    return {name: np.median(seconds) / np.median(times["dot"]) for name, seconds in times.items()}


def _exact(runs, score):
    return runs.values("exact", score=score)


@scores.claim
def dot_learns_the_dates(runs: Record) -> Verdict:
    """After 200 steps dot writes nearly all unseen dates without a fault."""
    return above(_exact(runs, "dot"), 90)


@scores.claim
def dot_is_ahead_of_the_sums(runs: Record) -> Verdict:
    """After the same steps dot is ahead of concat and additive, taken together."""
    return above(_exact(runs, "dot") - (_exact(runs, "concat") + _exact(runs, "additive")) / 2, 0, cap=5)


@scores.claim
def a_matrix_brings_no_more(runs: Record) -> Verdict:
    """The score with a matrix gets no further than the one without parameters."""
    return below(_exact(runs, "general") - _exact(runs, "dot"), 4, cap=0)


@scores.claim
def feeding_brings_no_more(runs: Record) -> Verdict:
    """With input feeding general gets no further than dot without it."""
    return below(_exact(runs, "fed") - _exact(runs, "dot"), 2, cap=-1)


@scores.claim
def the_narrow_window_fails(runs: Record) -> Verdict:
    """With the narrow window fewer dates are right than with the wide one, and it holds fewer of the deciding characters."""
    behind = _exact(runs, "local 10") - _exact(runs, "local 5")
    seen = [runs.values("in_window", score=f"local {reach}") for reach in (10, 5)]
    return all_of(above(behind, 5, cap=30), above(seen[0] - seen[1], 5, cap=14))


@step_times.claim
def adding_takes_longer_in_training(runs: Record) -> Verdict:
    """A training step takes longer with concat as written, and with additive attention before the step, than with dot."""
    return all_of(above(runs.values("concat"), 1.2), above(runs.values("additive"), 1.2))


@costs.claim
def adding_is_dearer(runs: Record) -> Verdict:
    """At width 64 additive attention takes more than twice as long as dot, and concat as written longer still."""
    additive = runs.values("additive", width=64)
    return all_of(above(additive, 2), above(runs.values("concat", width=64) / additive, 1.2))


@costs.claim
def general_grows_dearer(runs: Record) -> Verdict:
    """General costs little more than dot at width 64, and takes a larger multiple of dot's time at width 256."""
    narrow, wide = (runs.values("general", width=width) for width in (64, 256))
    return all_of(below(narrow, 4), above(wide / narrow, 1.1))
