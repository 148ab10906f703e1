"""Lesson *The saliency map*: how many bars the model visits until it comes to the one that is asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attention_course.data import visual_search
from attention_course.experiments import Verdict, above, all_of, below, experiment, grid
from attention_course.mechanisms import saliency
from attention_course.records import Record

SET_SIZES = [4, 8, 16, 32]
CROWDS = [4, 8, 16, 36]  # the last fills the display
# of the bars of a conjunction display with an even number of bars, whose last is of either sort
SORTS = {"target": slice(0, 1), "red level": slice(1, -1, 2), "blue": slice(2, -1, 2)}


def bars_visited(
    kind: str, n: int, seed: int, count: int = 20, bar: int = visual_search.BAR, width: int = 2
) -> list[np.ndarray]:
    """Bars visited until the target, by saliency and by a plain sum of the channels: ``(2, count)``."""
    images, places = visual_search.displays(kind, n, count, seed, bar, width)
    features = saliency.feature_maps(images, visual_search.LEVEL)
    plain = features.sum(axis=-3)
    plain = (plain / plain.max(axis=(-2, -1), keepdims=True)).sum(axis=1)
    maps = saliency.combine(features), plain
    return [visual_search.steps_to_target(m, places) for m in maps]


@experiment(settings=grid(kind=list(visual_search.KINDS), count=20))
def search(seed: int, kind: str, count: int) -> dict[str, Any]:
    """Displays of 4 to 32 bars: how many bars are visited until the target, by saliency and without its normalisation."""
    visited = np.array([bars_visited(kind, n, seed, count) for n in SET_SIZES])
    return {"saliency": visited[:, 0], "plain": visited[:, 1]}  # (set sizes, displays) each


@experiment(settings=grid(kind=["colour", "orientation", "opponent"], width=[2, 6, 12], bar=20, count=20))
def widths(seed: int, kind: str, width: int, bar: int, count: int) -> dict[str, Any]:
    """Bars that cover 7, 21 or 42 % of a full display: how many are visited until the target, with more and more of them."""
    return {"saliency": [bars_visited(kind, n, seed, count, bar, width)[0] for n in CROWDS]}


@experiment(settings=[{"n": 32, "count": 20}])
def turns(seed: int, n: int, count: int) -> dict[str, Any]:
    """Conjunction displays: when each sort of bar has its turn, and when the target has it if red is a fifth brighter."""
    images, places = visual_search.displays("conjunction", n, count, seed)
    order = visual_search.order_of_bars(saliency.saliency_map(images, visual_search.LEVEL), places)
    leaky = np.where(images[..., :1] > 0.5, 1.2 * images, images)
    numbers = {sort: order[:, which].mean(axis=1) for sort, which in SORTS.items()}  # a number a display
    maps = saliency.saliency_map(leaky, visual_search.LEVEL)
    return numbers | {"brighter": visual_search.steps_to_target(maps, places)}


def slopes(visited: np.ndarray, sizes: Sequence[int] = SET_SIZES) -> np.ndarray:
    """Bars visited for each bar added, one line fitted for each seed of ``visited (seeds, set sizes, displays)``."""
    return np.array([np.polyfit(sizes, run.mean(axis=1), 1)[0] for run in visited])


def _slopes(runs, kind, name="saliency"):
    return slopes(runs.values(name, kind=kind))


@search.claim
def lone_features_pop_out(runs: Record) -> Verdict:
    """A bar of another colour or orientation is found at once, however many others there are."""
    flat = [below(np.abs(_slopes(runs, kind)), 0.05) for kind in ("colour", "orientation")]
    means = [
        runs.values("saliency", kind=kind).mean(axis=2).max(axis=1) for kind in ("colour", "orientation")
    ]
    return all_of(*flat, *(below(mean, 2) for mean in means))


@search.claim
def a_conjunction_is_searched_for(runs: Record) -> Verdict:
    """For a conjunction the visits rise with the number of bars, and less than in random order."""
    slope, means = _slopes(runs, "conjunction"), runs.values("saliency", kind="conjunction").mean(axis=2)
    return all_of(above(slope, 0.15), below(slope, 0.5, cap=0.35), above(means[:, -1] - means[:, 0], 4))


@search.claim
def nothing_pops_out_without_normalisation(runs: Record) -> Verdict:
    """Added up without the normalisation, the maps let neither colour nor orientation pop out."""
    return all_of(*(above(_slopes(runs, kind, "plain"), 0.1) for kind in ("colour", "orientation")))


@search.claim
def red_among_green_does_not_pop_out(runs: Record) -> Verdict:
    """A red bar among green ones has to be searched for."""
    return above(_slopes(runs, "opponent"), 0, cap=0.2)


def _crowded(runs, kind, width):
    """Bars visited on the full display, the mean of each seed."""
    return runs.values("saliency", kind=kind, width=width)[:, -1].mean(axis=1)


@widths.claim
def among_broad_green_bars_red_pops_out(runs: Record) -> Verdict:
    """A red bar among 35 green ones is searched for where they are thin, and found in a few visits where they are broad."""
    return all_of(above(_crowded(runs, "opponent", 2), 6), below(_crowded(runs, "opponent", 12), 4))


@widths.claim
def blue_neighbours_need_no_width(runs: Record) -> Verdict:
    """Among blue bars the red one is found in a few visits, however broad they are."""
    return all_of(*(below(_crowded(runs, "colour", width), 4) for width in (2, 6, 12)))


@turns.claim
def red_speaks_louder_than_blue(runs: Record) -> Verdict:
    """Blue bars have their turn after red level ones, later than in random order, and the target's is much closer to the red ones'."""
    target, red, blue = (runs.values(sort).mean(axis=1) for sort in SORTS)
    return all_of(
        above(blue - red, 2),
        above(blue - (32 + 1) / 2, 1, cap=4),
        above(blue - target - np.abs(target - red), 1),
    )


@turns.claim
def brightness_gives_the_target_away(runs: Record) -> Verdict:
    """With red a fifth brighter the target comes in less than half the visits."""
    return below(runs.values("brighter").mean(axis=1) - runs.values("target").mean(axis=1) / 2, 0)
