"""What one fixation of the eye keeps of a picture (chapter 1, lesson 1).

Places are (row, column) in pixels, angles degrees of visual angle, resolution a share of the fovea's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

E2 = 2.3  # degrees from the fovea at which resolution is half (Geisler & Perry 1998)


def resolution(eccentricity: Any, e2: float = E2) -> Any:
    """How finely the eye resolves at ``eccentricity`` degrees (any shape), as a share of its best: e2 / (e2 + e).

    Its inverse, the smallest angle resolved, grows in a straight line with eccentricity.  Raises ``ValueError``
    where an eccentricity is negative.  Source: Strasburger, Rentschler & Jüttner (2011), section 3; the
    value of ``e2`` from Geisler & Perry (1998).
    """
    eccentricity = np.asarray(eccentricity, dtype=float)
    if (eccentricity < 0).any():
        raise ValueError("eccentricity is a distance: it cannot be negative")
    return e2 / (e2 + eccentricity)


def eccentricity(
    shape: tuple[int, int], fixation: Sequence[float] | np.ndarray, width_degrees: float
) -> np.ndarray:
    """Degrees between each pixel of a picture ``shape (H, W)`` and the ``fixation (row, column)``: ``(H, W)``.

    The picture is ``width_degrees`` wide and flat, and small enough that a pixel is the same angle everywhere.
    """
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(rows - fixation[0], columns - fixation[1]) * width_degrees / shape[1]


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """``image (H, W[, 3])`` under a Gaussian with a standard deviation of ``sigma`` pixels, not across colours."""
    along = (sigma, sigma) + (0,) * (np.ndim(image) - 2)
    return gaussian_filter(image, along, mode="nearest")


def blur_for(resolution: Any) -> Any:
    """Standard deviation in pixels of the blur that leaves this share of a picture's ``resolution`` (0 to 1].

    A pixel stands for a Gaussian of half its width; at the share r it must be 1/r times as wide, and variances add.
    """
    return 0.5 * np.sqrt(1 / np.square(resolution) - 1)


def foveate(
    image: np.ndarray,
    fixation: Sequence[float] | np.ndarray,
    width_degrees: float,
    e2: float = E2,
    levels: int = 9,
) -> np.ndarray:
    """``image (H, W[, 3])`` as one fixation keeps it, the pixel at ``fixation (row, column)`` as sharp as it was.

    Each pixel is mixed from the two nearest of ``levels`` blurred copies whose widths grow by a constant factor
    (the first is the picture itself).  Returns the shape of ``image``.  Source: the multiresolution display of
    Geisler & Perry (1998), with Gaussian blurs instead of a pyramid.
    """
    image = np.asarray(image, dtype=float)
    sigma = blur_for(resolution(eccentricity(image.shape, fixation, width_degrees), e2))
    stops = np.concatenate([[0], np.geomspace(0.4, max(sigma.max(), 0.5), levels - 1)])
    place = np.interp(sigma, stops, np.arange(levels))  # 2.25: three quarters copy 2, one quarter copy 3
    result = np.zeros_like(image)
    for level, stop in enumerate(stops):
        share = np.clip(1 - np.abs(place - level), 0, None)
        if share.any():
            copy = blurred(image, stop) if stop else image
            result += share.reshape(share.shape + (1,) * (image.ndim - 2)) * copy
    return result


def pixels_worth(
    shape: tuple[int, int], fixation: Sequence[float] | np.ndarray, width_degrees: float, e2: float = E2
) -> float:
    """How many equally spaced pixels it would take to hold what one fixation keeps of a picture ``shape (H, W)``.

    Where resolution is the share r, r² pixels' worth of detail are left of each pixel.
    """
    return float(np.square(resolution(eccentricity(shape, fixation, width_degrees), e2)).sum())
