"""Where a picture draws the eye without a task: the saliency map of Itti, Koch & Niebur (chapter 1, lesson 2).

Images are ``(H, W, 3)`` with red, green and blue from 0 to 1, maps ``(h, w)``, places (row, column).  What computes
maps also takes any number of leading axes, a batch of displays.  Level k of a pyramid has a pixel for 2ᵏ pixels of the image.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter

CENTERS = (2, 3, 4)  # levels of the pyramid, "c" in the paper
DELTAS = (3, 4)  # the surround lies this many levels higher, s = c + δ
MAP_LEVEL = 4  # the saliency map has a pixel for 16 of the image
ORIENTATIONS = (0, 45, 90, 135)  # degrees of a bar from horizontal, counter-clockwise
CHANNELS = ("bright", "dark", "red", "green", "blue", "yellow", "0°", "45°", "90°", "135°")


def center_surround(image: np.ndarray, center_sigma: float, surround_sigma: float) -> np.ndarray:
    """How much each place differs from its surroundings, ``|G_c − G_s|``: ``(H, W)`` → ``(H, W)``.

    ``G_c`` and ``G_s`` are the image under Gaussians with standard deviations of ``center_sigma`` and
    ``surround_sigma`` pixels.  Raises ``ValueError`` where the surround is not the wider one.  Source: Itti, Koch & Niebur
    (1998), equation 1, on blurs instead of pyramid levels.
    """
    if not 0 <= center_sigma < surround_sigma:
        raise ValueError(f"the surround ({surround_sigma}) must be wider than the centre ({center_sigma})")
    center, surround = (gaussian_filter(image, s, mode="nearest") for s in (center_sigma, surround_sigma))
    return np.abs(center - surround)


def _along(maps, kernel, axis):
    """``maps`` correlated with a ``kernel`` of odd length along ``axis``, the edge repeated outwards."""
    return correlate1d(maps, kernel, axis=axis, mode="nearest")


def reduce(maps: np.ndarray) -> np.ndarray:
    """One level up the pyramid: blur with (1, 4, 6, 4, 1)/16 both ways, keep every other row and column."""
    binomial = np.array([1, 4, 6, 4, 1]) / 16
    maps = _along(maps, binomial, -2)[..., ::2, :]
    return _along(maps, binomial, -1)[..., ::2]


def pyramid(maps: np.ndarray, levels: int = 9) -> list[np.ndarray]:
    """Levels 0 to ``levels − 1`` of ``maps (…, H, W)`` as a list; level k has ⌈H/2ᵏ⌉ rows."""
    result = [maps]
    while len(result) < levels:
        result.append(reduce(result[-1]))
    return result


def _interpolation(size, coarse, factor):
    """The matrix ``(size, coarse)`` that interpolates between places ``factor`` apart, constant beyond the last."""
    place = np.minimum(np.arange(size) / factor, coarse - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(coarse)), 0)


def enlarge(maps: np.ndarray, shape: tuple[int, int], factor: int) -> np.ndarray:
    """``maps (…, h, w)`` interpolated to ``shape (H, W)``, ``factor`` times as fine; level s seen from level c."""
    rows, columns = (
        _interpolation(size, coarse, factor).astype(maps.dtype)
        for size, coarse in zip(shape, maps.shape[-2:], strict=True)
    )
    return rows @ maps @ columns.T


def opponent_channels(image: np.ndarray) -> np.ndarray:
    """``image (…, H, W, 3)`` → intensity, red minus green, blue minus yellow, ``(…, 3, H, W)``.

    Colours are taken relative to intensity, and where that is below a tenth of its maximum there is none.  Source:
    Itti, Koch & Niebur (1998), section 2.1.
    """
    image = np.asarray(image, dtype=np.result_type(image, np.float32))
    r, g, b = np.moveaxis(image, -1, 0)
    intensity = (r + g + b) / 3
    lit = intensity > 0.1 * intensity.max(axis=(-2, -1), keepdims=True)
    r, g, b = (np.where(lit, c / np.where(lit, intensity, 1), 0) for c in (r, g, b))
    red, green, blue = (np.maximum(c, 0) for c in (r - (g + b) / 2, g - (r + b) / 2, b - (r + g) / 2))
    yellow = np.maximum((r + g) / 2 - np.abs(r - g) / 2 - b, 0)
    return np.stack([intensity, red - green, blue - yellow], axis=-3)


def gabor_energy(maps: np.ndarray, wavelength: float = 4.0, sigma: float = 2.5) -> np.ndarray:
    """How strongly each place of ``maps (…, H, W)`` holds a bar or edge of each orientation: ``(…, 4, H, W)``.

    The length of the response of a complex Gabor filter, ``wavelength`` and ``sigma`` in pixels; the orientations
    are ``ORIENTATIONS``.
    """
    x = np.arange(-round(2.5 * sigma), round(2.5 * sigma) + 1)
    bell = np.exp(-(x**2) / (2 * sigma**2))
    bell = bell / bell.sum()
    grey = _along(_along(maps, bell, -2), bell, -1)
    result = []
    for angle in np.deg2rad(ORIENTATIONS):
        # the wave runs across the bar: (rows down, columns right) = (cos, sin) where the bar runs up and to the right
        down, right = (bell * np.exp(2j * np.pi * x * f / wavelength) for f in (np.cos(angle), np.sin(angle)))
        response = _along(_along(maps, down, -2), right, -1)
        result.append(
            np.abs(response - down.sum() * right.sum() * grey)
        )  # less what a plain grey would answer
    return np.stack(result, axis=-3).astype(maps.dtype)


def differences(image: np.ndarray, level: int = 0) -> Iterator[tuple[int, int, np.ndarray]]:
    """Centre minus surround, with its sign, for the seven channels at the six pairs of levels.

    ``image (…, H, W, 3)`` is taken as the pyramid's ``level`` 0, 1 or 2, for an image that was drawn coarse.  Yields
    ``(c, s, maps (…, 7, h_c, w_c))``: the three opponencies, then the four orientations.  Source: Itti, Koch &
    Niebur (1998), equations 1 to 4 before the absolute value.
    """
    top = CENTERS[-1] + DELTAS[-1]
    levels: list[Any] = [None] * level + pyramid(opponent_channels(image), top + 1 - level)
    for k in range(CENTERS[0], top + 1):
        levels[k] = np.concatenate([levels[k], gabor_energy(levels[k][..., 0, :, :])], axis=-3)
    for c in CENTERS:
        for delta in DELTAS:
            surround = enlarge(levels[c + delta], levels[c].shape[-2:], 2**delta)
            yield c, c + delta, levels[c] - surround


def _to_map_level(maps, c):
    for _ in range(MAP_LEVEL - c):
        maps = reduce(maps)
    return maps


def feature_maps(image: np.ndarray, level: int = 0) -> np.ndarray:
    """``|center − surround|`` on the saliency map's level: ``(…, 7 channels, 6 pairs of levels, h, w)``."""
    maps = [_to_map_level(np.abs(d), c) for c, _, d in differences(image, level)]
    return np.stack(maps, axis=-3)


def promote(maps: np.ndarray) -> np.ndarray:
    """The operator N: raise maps with one strong peak over maps with many alike.  ``(…, h, w)`` → the same.

    Each map is scaled to the range 0 to 1 and multiplied by ``(1 − m̄)²``, where m̄ is the mean of all local maxima but the
    highest.  A map without contrast becomes 0.  Source: Itti, Koch & Niebur (1998), section 2.3; local maxima
    below a tenth of the range are left out, as noise.
    """
    low, high = (f(maps, axis=(-2, -1), keepdims=True) for f in (np.min, np.max))
    maps = np.where(high - low > 1e-9, (maps - low) / np.maximum(high - low, 1e-9), 0)
    edge = [(0, 0)] * (maps.ndim - 2) + [(1, 1), (1, 1)]
    padded = np.pad(maps, edge, constant_values=-1)
    h, w = maps.shape[-2:]
    around = [padded[..., i : i + h, j : j + w] for i in range(3) for j in range(3)]
    peaks = (maps >= np.max(around, axis=0)) & (maps > 0.1)
    number = peaks.sum(axis=(-2, -1), keepdims=True)
    others = (maps * peaks).sum(axis=(-2, -1), keepdims=True) - maps.max(axis=(-2, -1), keepdims=True)
    return maps * (1 - others / np.maximum(number - 1, 1)) ** 2


def conspicuity_maps(features: np.ndarray) -> dict[str, np.ndarray]:
    """The three conspicuity maps, kind → ``(…, h, w)``, from ``features (…, 7, 6, h, w)`` of :func:`feature_maps`.

    Source: Itti, Koch & Niebur (1998), equations 5 to 7.
    """
    channels = promote(features).sum(axis=-3)  # over pairs of levels
    bars = promote(channels[..., 3:, :, :])
    parts = {"intensity": channels[..., :1, :, :], "colour": channels[..., 1:3, :, :], "orientation": bars}
    return {kind: part.sum(axis=-3) for kind, part in parts.items()}


def combine(features: np.ndarray) -> np.ndarray:
    """Saliency ``(…, h, w)`` from ``features (…, 7, 6, h, w)``.  Source: Itti, Koch & Niebur (1998), equation 8."""
    return np.asarray(sum(promote(part) for part in conspicuity_maps(features).values()) / 3)


def saliency_map(image: np.ndarray, level: int = 0) -> np.ndarray:
    """Saliency of ``image (…, H, W, 3)``: ``(…, h, w)``, not negative, a pixel for 16 × 16 of the image.

    ``level`` as in :func:`differences`.  Source: Itti, Koch & Niebur (1998); each map is brought to the saliency map's level
    before N, not after.
    """
    return combine(feature_maps(image, level))


def channel_responses(image: np.ndarray, level: int = 0) -> np.ndarray:
    """What each place of ``image (…, H, W, 3)`` shows more of than its surroundings: ``(…, h, w, 10)``.

    The channels are ``CHANNELS``, each from 0 to 1, its maximum over the image.  Where opponent differences are
    positive they speak for one channel (red), where negative for the other (green); orientations have one only.
    """
    total: Any = 0
    for c, _, d in differences(image, level):
        signed = d[..., :3, :, :]
        pairs = np.stack([signed, -signed], axis=-3).reshape(*d.shape[:-3], 6, *d.shape[-2:])
        total = total + _to_map_level(np.maximum(np.concatenate([pairs, d[..., 3:, :, :]], axis=-3), 0), c)
    total = total / np.maximum(total.max(axis=(-2, -1), keepdims=True), 1e-9)
    return np.moveaxis(total, -3, -1)


def context(wants: Mapping[str, float]) -> np.ndarray:
    """The vector ``(10,)`` of someone who wants these channels, name → strength; the others count 0.

    Raises ``KeyError`` for a name that is not in ``CHANNELS``.
    """
    vector = np.zeros(len(CHANNELS))
    for name, strength in wants.items():
        if name not in CHANNELS:
            raise KeyError(f"{name!r} is no channel; there are {', '.join(CHANNELS)}")
        vector[CHANNELS.index(name)] = strength
    return vector


def scanpath(saliency: np.ndarray, n_fixations: int, inhibition_radius: float) -> np.ndarray:
    """Where a winner-take-all looks, one place after the other: int ``(n_fixations, 2)``, (row, column) on the map.

    The highest place of ``saliency (h, w)`` wins; a disc of ``inhibition_radius`` pixels of the map around it, edge
    included, is then out of the race.  Raises ``ValueError`` where the whole map is inhibited before the last
    fixation.  Source: Itti, Koch & Niebur (1998), section 2.3, without the dynamics of neurons and with
    inhibition that does not fade.
    """
    race = np.array(saliency, dtype=float)
    rows, columns = np.ogrid[: race.shape[0], : race.shape[1]]
    path = np.empty((n_fixations, 2), dtype=int)
    for i in range(n_fixations):
        row, column = path[i] = np.unravel_index(race.argmax(), race.shape)
        if np.isneginf(race[row, column]):
            raise ValueError(f"the map is used up after {i} fixations")
        race[(rows - row) ** 2 + (columns - column) ** 2 <= inhibition_radius**2] = -np.inf
    return path
