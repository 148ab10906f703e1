"""Lesson *From spotlight to weights*: search with a wish, and a wish that is learned."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attention_course.data import visual_search
from attention_course.experiments import Verdict, above, all_of, below, experiment, grid
from attention_course.experiments.saliency_map import SET_SIZES, slopes
from attention_course.mechanisms import saliency
from attention_course.mechanisms.attention import softmax
from attention_course.records import Record

STRENGTHS = [0, 0.25, 0.5, 1]
KINDS = ["soft", "hard"]


def visits(
    n: int, seed: int, wish: np.ndarray, strengths: Sequence[float], count: int = 20
) -> list[np.ndarray]:
    """Bars visited until the target, ``(strengths, count)``, by saliency plus so much of the score of ``wish (10,)``."""
    images, places = visual_search.displays("conjunction", n, count, seed)
    bottom_up = saliency.saliency_map(images, visual_search.LEVEL)
    bottom_up /= bottom_up.max(axis=(1, 2), keepdims=True)
    top_down = saliency.channel_responses(images, visual_search.LEVEL) @ wish
    maps = [bottom_up + strength * top_down for strength in strengths]
    return [visual_search.steps_to_target(m, places) for m in maps]


def bars(n: int, count: int, seed: int) -> np.ndarray:
    """Channel responses at the bars of conjunction displays, the target first: ``(count, n, 10)``."""
    images, places = visual_search.displays("conjunction", n, count, seed)
    responses = saliency.channel_responses(images, visual_search.LEVEL)
    return visual_search.at_bars(responses, places)


def gradients(c: np.ndarray, batch: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Exact and sampled gradient of the chance of hitting the target, ``(B, 10)`` each, at the context ``c (10,)``."""
    w = softmax(batch @ c)
    mean = (w[..., None] * batch).sum(axis=1)
    exact = w[:, :1] * (batch[:, 0] - mean)  # the sum over j, as only r_1 is not 0
    looked = (w.cumsum(axis=1) > rng.random((len(w), 1))).argmax(axis=1)
    sampled = (looked == 0)[:, None] * (batch[np.arange(len(w)), looked] - mean)
    return exact, sampled


def learn(
    kind: int, train: np.ndarray, test: np.ndarray, rng: np.random.Generator, steps: int, rate: float
) -> tuple:
    """Chance of hitting the target on ``test`` displays at each step, and the context learned (kind: soft 0, hard 1)."""
    c, hits = np.zeros(10), []
    for _ in range(steps):
        hits.append(softmax(test @ c)[:, 0].mean())
        batch = train[rng.integers(0, len(train), 8)]
        c = c + rate * gradients(c, batch, rng)[kind].mean(axis=0)
    return hits, c


@experiment(settings=[{"count": 20}])
def guided(seed: int, count: int) -> dict[str, Any]:
    """Conjunction search with a context that wants red and upright, at four strengths."""
    wish = saliency.context({"red": 1, "90°": 1}) / 2
    visited = np.array([visits(n, seed, wish, STRENGTHS, count) for n in SET_SIZES])
    return {"visited": visited.swapaxes(0, 1)}  # (strengths, set sizes, displays)


@experiment(settings=grid(kind=KINDS, steps=150, rate=3.0))
def learning(seed: int, kind: str, steps: int, rate: float) -> dict[str, Any]:
    """Ten numbers, the context, learned from displays with exact gradients or with those of single glimpses."""
    train, test = bars(16, 120, 100), bars(16, 60, 101)
    hits, context = learn(KINDS.index(kind), train, test, np.random.default_rng(seed), steps, rate)
    exact, sampled = gradients(np.zeros(10), np.repeat(train, 200, axis=0), np.random.default_rng(seed))
    noise = np.linalg.norm(sampled.std(0)) / np.linalg.norm(exact.std(0))
    return {"hits": hits, "context": context, "noise": noise}


@guided.claim
def wanting_makes_search_easier(runs: Record) -> Verdict:
    """Each step of strength lowers the slope of conjunction search, and at the strongest wish it is flat."""
    slope = np.array([slopes(run) for run in np.moveaxis(runs.values("visited"), 1, 0)])  # (strengths, seeds)
    falls = [above(fall, 0, cap=0.03) for fall in slope[:-1] - slope[1:]]
    return all_of(above(slope[0], 0.2, cap=0.3), below(np.abs(slope[-1]), 0.05), *falls)


def _learned(runs, name):
    return [runs.values(name, kind=kind) for kind in KINDS]


@learning.claim
def both_learn(runs: Record) -> Verdict:
    """With either gradient the chance of the target on unseen displays comes near one."""
    return all_of(*(above(hits[:, -1], 0.85) for hits in _learned(runs, "hits")))


@learning.claim
def one_glimpse_is_noisy(runs: Record) -> Verdict:
    """The gradient of a single glimpse is at least twice as noisy as the exact one, at the start."""
    return above(runs.values("noise", kind="soft"), 2)


@learning.claim
def what_is_not_wanted_is_learned_too(runs: Record) -> Verdict:
    """The learned context wants red and upright, and neither blue nor level."""
    context = dict(zip(saliency.CHANNELS, runs.values("context", kind="soft").T, strict=True))
    wanted, unwanted = np.minimum(context["red"], context["90°"]), np.maximum(context["blue"], context["0°"])
    return all_of(above(wanted, 1), below(unwanted, -1))
