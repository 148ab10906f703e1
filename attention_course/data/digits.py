"""Telephone numbers: strings of digits that have to be repeated, so that nothing of the source may be lost (chapter 2)."""

from collections.abc import Sequence

import numpy as np

from attention_course.data.tokens import Vocabulary

DIGITS = Vocabulary("0123456789")


def make_numbers(count: int, length: tuple[int, int], seed: int) -> list[str]:
    """``count`` random numbers as strings; ``length``: how many digits the shortest and the longest have."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(length[0], length[1] + 1, size=count)
    return ["".join(map(str, rng.integers(10, size=n))) for n in lengths]


def encode(numbers: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Arrays of tokens: source ``(N, m)``, padded, and target ``(N, m + 2)`` between the signs for beginning and end."""
    return DIGITS.encode(numbers), DIGITS.encode(numbers, bos=True, eos=True)
