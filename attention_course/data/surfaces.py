"""Patches of eight photographed surfaces, cameras of which one works, and digits on walls (chapter 6).

The photographs come with scikit-image (van der Walt et al. 2014), the digits with scikit-learn (Alpaydin and Kaynak
1998).  What is for training comes from the left 60 % of a photograph, what is for the test from the rest, and no patch
reaches over the line.
"""

from functools import lru_cache

import numpy as np

SURFACES = {  # name → the photograph's name in scikit-image
    "brick": "brick",
    "grass": "grass",
    "gravel": "gravel",
    "cup": "coffee",
    "moon": "moon",
    "retina": "retina",
    "tissue": "immunohistochemistry",
    "sky": "hubble_deep_field",
}
SIZE, CAMERAS = 16, 4  # pixels of a patch, cameras
WALLS = ("brick", "grass", "gravel")
SCENE, DIGIT, CLASSES = 20, 8, 5  # pixels of a scene and of a digit; digits 0 to 4
DISC = np.hypot(*np.mgrid[-2:3, -2:3]) < 2.5  # 5 × 5 pixels


@lru_cache
def _photograph(name):
    from skimage import color, data  # here, so that what needs no photograph needs no scikit-image

    picture = getattr(data, name)()
    return color.rgb2gray(picture) if picture.ndim == 3 else picture / 255


@lru_cache
def _half_size(name):
    from skimage import transform

    return transform.downscale_local_mean(_photograph(name), (2, 2)).astype(np.float32)


def _cut(rng, picture, size, test):
    """A square of ``size`` pixels from the part of ``picture`` that is for training or for the test."""
    height, width = picture.shape
    line = int(0.6 * width)
    low, high = (line, width - size) if test else (0, line - size)
    row, column = rng.integers(height - size), rng.integers(low, high)
    patch = picture[row : row + size, column : column + size]
    return (patch - patch.mean()) / (patch.std() + 0.03)


def patches(rng: np.random.Generator, count: int, test: bool) -> tuple[np.ndarray, np.ndarray]:
    """``count`` patches ``(N, SIZE, SIZE)``, float32, of half-size surfaces, and which surface each is, ``(N,)``."""
    pictures = [_half_size(name) for name in SURFACES.values()]
    y = rng.integers(len(pictures), size=count)
    x = np.empty((count, SIZE, SIZE), np.float32)
    for i, label in enumerate(y):
        x[i] = _cut(rng, pictures[label], SIZE, test)
    return x, y


def seen_by_cameras(
    rng: np.random.Generator, x: np.ndarray, defect: str, loudness: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """What four cameras see of patches ``x (N, H, W)``: ``(N, CAMERAS, H, W)``, and which camera works, ``(N,)``.

    The others send white noise with the standard deviation ``loudness``.  With the ``defect`` "fixed" camera 0 works in
    every image, with "varying" one drawn for each image.  Raises ``ValueError`` for another.
    """
    if defect not in ("fixed", "varying"):
        raise ValueError(f'the defect is "fixed" or "varying", not {defect!r}')
    works = np.zeros(len(x), dtype=int)
    if defect == "varying":
        works = rng.integers(CAMERAS, size=len(x))
    seen = loudness * rng.standard_normal((len(x), CAMERAS, *x.shape[1:]))
    seen[np.arange(len(x)), works] = x
    return seen.astype(np.float32), works


def _beside(rng, top, left):
    """The upper left corner of a disc that does not touch the digit's box."""
    while True:
        row, column = rng.integers(SCENE - len(DISC) + 1, size=2)
        if any(-len(DISC) >= d or d >= DIGIT for d in (row - top, column - left)):
            return row, column


def digits_on_walls(
    rng: np.random.Generator, count: int, test: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``count`` scenes ``(N, 1, SCENE, SCENE)``, their digits ``(N,)``, and each digit's upper left corner ``(N, 2)``.

    A digit from 0 to 4, strokes up to four times as bright as the wall's spread, stands at a random place on a wall; a disc that
    is brighter stands somewhere beside it.  Every fourth digit of the collection is for the test.
    """
    from sklearn.datasets import load_digits

    digits = load_digits(n_class=CLASSES)
    walls = [_photograph(name) for name in WALLS]
    number = np.arange(len(digits.images))
    chosen = rng.choice(number[(number % 4 == 0) == test], count)
    corners = rng.integers(SCENE - DIGIT + 1, size=(count, 2))
    x = np.empty((count, 1, SCENE, SCENE), np.float32)
    for i, (top, left) in enumerate(corners):
        x[i, 0] = _cut(rng, walls[rng.integers(len(walls))], SCENE, test)
        x[i, 0, top : top + DIGIT, left : left + DIGIT] += 4 * digits.images[chosen[i]] / 16
        row, column = _beside(rng, top, left)
        x[i, 0, row : row + len(DISC), column : column + len(DISC)] += 6 * DISC
    return x, digits.target[chosen], corners
