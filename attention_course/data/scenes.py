"""Scenes of handwritten digits with captions whose words have a known place (chapter 6)."""

from typing import NamedTuple

import numpy as np

from attention_course.data.tokens import Vocabulary

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RELATIONS = ("beside", "above")
WORDS = Vocabulary(DIGITS + RELATIONS)
SIZE, DIGIT, CELL, CELLS = 32, 8, 10, 3  # pixels: scene, digit, cell of the grid; cells a side


class Scene(NamedTuple):
    """``image (SIZE, SIZE)`` in [0, 1], the caption's words, and for each word the box of what it names.

    A box is ``(top, left, bottom, right)`` in pixels, the last two exclusive; a relation word has ``None``.
    """

    image: np.ndarray
    words: tuple
    boxes: tuple


def make_scenes(
    images: np.ndarray, labels: np.ndarray, count: int, seed: int, noise: float = 0.1
) -> list[Scene]:
    """``count`` scenes of two or three digits drawn from ``images (N, 8, 8)`` in [0, 1] with ``labels (N,)``.

    Each digit stands in a cell of its own of a 3 × 3 grid, moved by up to two pixels.  The caption names them
    in reading order; between two it says ``beside`` (same row of cells) or ``above`` (the next is in a lower
    row).  Uniform noise up to ``noise`` is added.  Raises ``ValueError`` where the shapes do not fit.
    """
    images, labels = np.asarray(images, dtype=float), np.asarray(labels)
    if images.shape != (len(labels), DIGIT, DIGIT):
        raise ValueError(f"images must be ({len(labels)}, {DIGIT}, {DIGIT}), not {images.shape}")
    rng = np.random.default_rng(seed)
    scenes = []
    for _ in range(count):
        image = rng.uniform(0, noise, (SIZE, SIZE))
        cells = np.sort(rng.choice(CELLS**2, size=rng.integers(2, 4), replace=False))
        words: list[str] = []
        boxes: list[tuple[int, int, int, int] | None] = []
        last = None
        for cell in cells:
            row, column = divmod(int(cell), CELLS)
            top, left = (int(x) for x in CELL * np.array([row, column]) + rng.integers(0, 3, 2))
            chosen = rng.integers(len(labels))
            window = image[top : top + DIGIT, left : left + DIGIT]
            np.maximum(window, images[chosen], out=window)
            if last is not None:
                words.append(RELATIONS[0] if row == last else RELATIONS[1])
                boxes.append(None)
            words.append(DIGITS[labels[chosen]])
            boxes.append((top, left, top + DIGIT, left + DIGIT))
            last = row
        scenes.append(Scene(image, tuple(words), tuple(boxes)))
    return scenes


def inside(box: tuple[int, int, int, int], row: int, column: int, stride: int, margin: float = 0) -> bool:
    """Whether the centre of region ``(row, column)``, ``stride`` pixels wide, lies within ``box``.

    ``margin`` widens the box by so many pixels on each side.
    """
    y, x = (row + 0.5) * stride, (column + 0.5) * stride
    top, left, bottom, right = box
    return top - margin <= y <= bottom + margin and left - margin <= x <= right + margin
