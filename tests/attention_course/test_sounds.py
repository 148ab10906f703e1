import numpy as np
import pytest

from attention_course.data import sounds


def test_a_tone_has_its_two_frequencies():
    for key, pair in {"1": (697, 1209), "0": (941, 1336), "#": (941, 1477)}.items():
        wave = sounds.tone(key, 1.0)
        assert len(wave) == sounds.RATE
        assert set(np.abs(np.fft.rfft(wave)).argsort()[-2:]) == set(pair)
    with pytest.raises(ValueError, match="not a key"):
        sounds.tone("A", 1.0)


def test_times_tell_where_the_tones_are():
    call = sounds.make_call("15#", np.random.default_rng(1), noise=0)
    t = np.arange(len(call.wave)) / sounds.RATE
    silent = np.ones(len(t), bool)
    for start, end in call.times:
        inside = (t >= start - 1e-9) & (t < end - 1e-9)
        assert np.abs(call.wave[inside]).max() > 0.5
        silent &= ~inside
    assert silent.any() and np.abs(call.wave[silent]).max() == 0
    assert call.keys == "15#" and np.all(np.diff(np.ravel(call.times)) > 0)


def test_spectrogram_and_its_times():
    wave = np.zeros(1000)
    wave[464] = 1  # the centre of frame 5
    power = sounds.spectrogram(wave)
    assert power.shape == (11, 65) and power.sum(1).argmax() == 5
    assert sounds.frame_time(5) == 464 / sounds.RATE
    with pytest.raises(ValueError, match="less than one window"):
        sounds.spectrogram(np.zeros(10))
