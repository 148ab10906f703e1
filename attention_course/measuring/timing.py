"""Times that can be compared: interleaved repeats, medians, exponents.

A shared machine is slow for seconds at a time.  Timing one candidate after the other lets such a spell hit
only one of them; taking turns spreads it over all.  What a lesson states are then ratios and exponents,
never seconds.
"""

import gc
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def interleaved(
    functions: Mapping[str, Callable[[], object]],
    repeats: int = 7,
    warmup: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, np.ndarray]:
    """Call each of ``functions`` (name → callable without arguments) ``repeats`` times, taking turns.

    Returns name → array ``(repeats,)`` of seconds on ``clock``; ``time.process_time`` counts this process's
    processor time instead, which other programs on the machine hardly disturb.  The first ``warmup`` rounds are not counted, and the
    garbage collector is off while the clock runs.  Raises ``ValueError`` where there is nothing to time.
    """
    if not functions or repeats < 1:
        raise ValueError("interleaved needs at least one function and one repeat")
    seconds = {name: np.empty(repeats) for name in functions}
    was_on = gc.isenabled()
    gc.disable()
    try:
        for round_ in range(-warmup, repeats):
            for name, function in functions.items():
                start = clock()
                function()
                elapsed = clock() - start
                if round_ >= 0:
                    seconds[name][round_] = elapsed
    finally:
        if was_on:
            gc.enable()
    return seconds


def growth_exponent(sizes: Any, values: Any) -> float:
    """The slope p of the line through (log size, log value): ``values`` grow like sizes to the power p.

    ``sizes (s,)`` and ``values (s,)`` or ``(s, repeats)``, whose median is taken first.  Positive numbers
    only.
    """
    sizes, values = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    if values.ndim == 2:
        values = np.median(values, axis=1)
    if sizes.size < 2 or (sizes <= 0).any() or (values <= 0).any():
        raise ValueError("growth_exponent needs at least two sizes, and positive sizes and values")
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def crossover(sizes: ArrayLike, first: ArrayLike, second: ArrayLike) -> float | None:
    """The size from which ``first`` is larger than ``second`` up to the largest size, or ``None``.

    ``sizes (s,)`` ascending, ``first`` and ``second (s,)`` positive.  Between two sizes the curves are
    taken to be straight lines in a log–log plot.  Where ``first`` is larger throughout, the smallest size
    is returned.
    """
    sizes = np.asarray(sizes, dtype=float)
    gap = np.log(np.asarray(first, dtype=float)) - np.log(np.asarray(second, dtype=float))
    if gap[-1] <= 0:
        return None
    below = np.flatnonzero(gap <= 0)
    if below.size == 0:
        return float(sizes[0])
    i = below[-1]
    share = gap[i] / (gap[i] - gap[i + 1])
    return math.exp(math.log(sizes[i]) + share * (math.log(sizes[i + 1]) - math.log(sizes[i])))
