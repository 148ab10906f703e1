"""Lesson *Where eyes look*: one budget of detail, spent around a fixation and spent evenly."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attention_course.data.photographs import photograph
from attention_course.experiments import Verdict, above, all_of, below, experiment, grid
from attention_course.mechanisms import foveation
from attention_course.records import Record


def evenly(image: np.ndarray, pixels: float) -> np.ndarray:
    """The picture at one resolution everywhere that leaves so many pixels' worth."""
    left = np.sqrt(pixels / image[..., 0].size)
    return foveation.blurred(image, foveation.blur_for(left))


def errors(image: np.ndarray, fixation: Sequence[float] | np.ndarray, width_degrees: float = 30) -> list:
    """RMS error (foveated, evenly) within 2 degrees of the fixation and beyond 10: ``(2, 2)``."""
    pixels = foveation.pixels_worth(image.shape, fixation, width_degrees)
    away = foveation.eccentricity(image.shape, fixation, width_degrees)
    pair = [foveation.foveate(image, fixation, width_degrees), evenly(image, pixels)]
    squared = [((picture - image) ** 2).mean(-1) for picture in pair]
    return [[np.sqrt(s[zone].mean()) for s in squared] for zone in (away < 2, away > 10)]


@experiment(settings=grid(name=["astronaut", "coffee"], fixations=20))
def budgets(seed: int, name: str, fixations: int) -> dict[str, Any]:
    """Random fixations: the error of a foveated picture, as a multiple of that of an even one with as much detail."""
    image, rng = photograph(name), np.random.default_rng(seed)
    places = [rng.uniform(0.1, 0.9, 2) * image.shape[:2] for _ in range(fixations)]
    measured = np.array([errors(image, at) for at in places])
    ratio = measured[..., 0] / measured[..., 1]
    return {"near": ratio[:, 0], "far": ratio[:, 1]}


@budgets.claim
def a_fovea_is_better_where_it_looks(runs: Record) -> Verdict:
    """Near the fixation the foveated picture is closer to the original than the even one."""
    worst = [runs.values("near", name=name).max(axis=1) for name in ("astronaut", "coffee")]
    return all_of(*(below(ratio, 0.8) for ratio in worst))


@budgets.claim
def and_worse_elsewhere(runs: Record) -> Verdict:
    """Far from the fixation the even picture is mostly the closer one."""
    middle = [np.median(runs.values("far", name=name), axis=1) for name in ("astronaut", "coffee")]
    return all_of(*(above(ratio, 1.05) for ratio in middle))
