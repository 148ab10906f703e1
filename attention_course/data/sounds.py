"""Dial tones (DTMF) with known times, and their spectrogram (chapter 6).  NumPy only."""

from typing import NamedTuple

import numpy as np

KEYS = "123456789*0#"
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)  # Hz, ITU-T Q.23
RATE = 4000  # samples a second: the highest tone, 1477 Hz, is below half of it


class Call(NamedTuple):
    """``wave (n,)`` in [−1, 1], the keys pressed as a string, and ``(start, end)`` seconds of each key."""

    wave: np.ndarray
    keys: str
    times: tuple


def tone(key: str, seconds: float) -> np.ndarray:
    """The two sines of ``key`` for ``seconds``, ``(RATE · seconds,)``, faded over 5 ms; ``ValueError`` for no key."""
    if len(key) != 1 or key not in KEYS:
        raise ValueError(f"{key!r} is not a key of {KEYS}")
    row, column = divmod(KEYS.index(key), 3)
    t = np.arange(round(RATE * seconds)) / RATE
    fade = np.clip(np.minimum(t, seconds - t) / 0.005, 0, 1)
    return 0.5 * fade * (np.sin(2 * np.pi * ROWS[row] * t) + np.sin(2 * np.pi * COLUMNS[column] * t))


def make_call(
    keys: str,
    rng: np.random.Generator,
    noise: float = 0.3,
    tone_s: tuple[float, float] = (0.06, 0.2),
    pause_s: tuple[float, float] = (0.04, 0.2),
) -> Call:
    """A call that dials ``keys``: durations and pauses drawn from their ranges, white noise of deviation ``noise``."""
    parts, times, now = [], [], 0
    for key in keys:
        pause = np.zeros(round(RATE * rng.uniform(*pause_s)))
        sound = tone(key, rng.uniform(*tone_s))
        start = now + len(pause)
        now = start + len(sound)
        times.append((start / RATE, now / RATE))
        parts += [pause, sound]
    parts.append(np.zeros(round(RATE * rng.uniform(*pause_s))))
    wave = np.concatenate(parts)
    return Call(np.clip(wave + rng.normal(0, noise, len(wave)), -1, 1), keys, tuple(times))


def spectrogram(wave: np.ndarray, window: int = 128, hop: int = 80) -> np.ndarray:
    """Log power ``(frames, window // 2 + 1)`` of Hann windows; frame ``i`` is centred on ``i · hop + window / 2``.

    Raises ``ValueError`` where ``wave`` is shorter than one window.
    """
    if len(wave) < window:
        raise ValueError(f"the wave has {len(wave)} samples, less than one window of {window}")
    frames = np.lib.stride_tricks.sliding_window_view(wave, window)[::hop] * np.hanning(window)
    return np.log1p(np.abs(np.fft.rfft(frames)) ** 2)


def frame_time(frame: np.ndarray | int, window: int = 128, hop: int = 80) -> np.ndarray | float:
    """The second on which ``frame`` is centred."""
    return (np.asarray(frame) * hop + window / 2) / RATE
