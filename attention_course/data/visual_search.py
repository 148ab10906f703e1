"""Displays for visual search: one bar that is asked for among others (chapter 1, lessons 2 and 3).

Displays are ``(H, W, 3)`` images with red, green and blue from 0 to 1; places are (row, column) in pixels.
"""

import numpy as np

GRID, CELL = 6, 24  # a display has room for 6 × 6 bars, 24 pixels apart
SIZE = GRID * CELL
BAR = 16  # length of a bar in pixels
# equal sums, so that no colour is the brighter one
RED, BLUE, GREEN = (0.74, 0.16, 0.16), (0.16, 0.16, 0.74), (0.16, 0.74, 0.16)
LEVEL = 2  # displays are drawn as coarse as the finest level that the saliency map looks at
PIXEL = 4  # pixels of the display to one of the saliency map
KINDS = ("colour", "orientation", "conjunction", "opponent")


def display(
    kind: str, n: int, rng: np.random.Generator, bar: int = BAR, width: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """A display of ``n`` bars, the target first: ``(image (144, 144, 3), places (n, 2))``.

    The target is a red upright bar.  The others are blue upright bars (``kind`` "colour"), red level bars
    ("orientation"), half of them each in turn ("conjunction"; of an odd number the last is of either sort, by chance), or
    green upright bars ("opponent").  Bars, ``bar`` pixels long and ``width`` wide, stand in random cells of a grid, up to 2
    pixels off the middle, each a little brighter or darker than the next; the pixels carry noise.  ``rng`` is a NumPy
    generator.  Raises ``ValueError`` for another kind, where n bars do not fit, or for a bar that is odd or too large.
    Source: after Treisman & Gelade (1980).
    """
    if kind not in KINDS or not 2 <= n <= GRID**2:
        raise ValueError(f"kind must be one of {KINDS} and n from 2 to {GRID**2}, not {kind!r}, {n}")
    if not (2 <= width <= bar <= CELL and width % 2 == bar % 2 == 0):
        raise ValueError(
            f"a bar is an even number of pixels long and wide, at most {CELL}, not {bar}, {width}"
        )
    cells, odd = rng.permutation(GRID**2)[:n], rng.integers(2)
    places = np.stack(np.divmod(cells, GRID), axis=1) * CELL + CELL // 2 + rng.integers(-2, 3, (n, 2))
    others = {  # (colour, level) of every other bar, in turn
        "colour": [(BLUE, False)] * 2,
        "orientation": [(RED, True)] * 2,
        "conjunction": [(BLUE, False), (RED, True)],
        "opponent": [(GREEN, False)] * 2,
    }
    image = np.full((SIZE, SIZE, 3), 0.22, dtype=np.float32)
    for i, (row, column) in enumerate(places):
        sort = odd if i == n - 1 and i % 2 else i % 2
        colour, level = (RED, False) if i == 0 else others[kind][sort]
        half = (width // 2, bar // 2) if level else (bar // 2, width // 2)
        here = np.s_[row - half[0] : row + half[0], column - half[1] : column + half[1]]
        image[here] = np.array(colour) * rng.uniform(0.95, 1.05)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    return np.clip(image + np.float32(0.02) * noise, 0, 1), places


def displays(
    kind: str, n: int, count: int, seed: int, bar: int = BAR, width: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """``count`` displays: ``(images (count, 144, 144, 3), places (count, n, 2))``, the same for the same seed."""
    rng = np.random.default_rng([seed, KINDS.index(kind), n])
    images, places = zip(*(display(kind, n, rng, bar, width) for _ in range(count)), strict=True)
    return np.stack(images), np.stack(places)


def at_bars(maps: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The highest value of ``maps (B, h, w[, F])`` within a pixel around each bar: ``(B, n[, F])``.

    The maps have a pixel for 4 of the display; ``places (B, n, 2)`` in pixels of the display.
    """
    maps, places = np.asarray(maps), np.asarray(places)
    around = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], indexing="ij"), axis=-1).reshape(9, 2)
    near = np.rint(places / PIXEL).astype(int)[:, :, None] + around  # (B, n, 9, 2)
    rows, columns = (np.clip(near[..., i], 0, maps.shape[1 + i] - 1) for i in (0, 1))
    return maps[np.arange(len(maps))[:, None, None], rows, columns].max(axis=2)


def order_of_bars(saliency: np.ndarray, places: np.ndarray) -> np.ndarray:
    """When each bar wins the race for attention: integers ``(B, n)``, 1 for the first of its display.

    ``saliency (B, h, w)`` and ``places (B, n, 2)`` as in :func:`at_bars`: a bar runs with its highest saliency.  A bar
    that has won is out, as if the inhibited disc were just as large as a bar.
    """
    peaks = at_bars(saliency, places)
    return (peaks[:, None, :] > peaks[:, :, None]).sum(axis=2) + 1


def steps_to_target(saliency: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How many bars are attended until the target is, it included: integers ``(B,)`` from 1 to n.

    Arguments as in :func:`order_of_bars`, the target first among the ``places``.
    """
    return order_of_bars(saliency, places)[:, 0]
