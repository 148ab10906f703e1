import time

import numpy as np
import pytest

from attention_course.measuring.timing import crossover, growth_exponent, interleaved


def test_functions_take_turns_and_warm_up_rounds_are_not_counted():
    calls = []
    seconds = interleaved(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, repeats=3, warmup=4
    )
    assert "".join(calls) == "ab" * 7
    assert {name: times.shape for name, times in seconds.items()} == {"a": (3,), "b": (3,)}


def test_the_slower_function_takes_longer():
    seconds = interleaved({"nap": lambda: time.sleep(0.02), "none": lambda: None}, repeats=3)
    assert seconds["nap"].min() >= 0.02 > np.median(seconds["none"])


def test_the_clock_can_be_one_that_does_not_count_waiting():
    seconds = interleaved({"nap": lambda: time.sleep(0.05)}, repeats=3, clock=time.process_time)
    assert 0 <= np.median(seconds["nap"]) < 0.02


def test_nothing_to_time_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        interleaved({})
    with pytest.raises(ValueError, match="at least one"):
        interleaved({"a": lambda: None}, repeats=0)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_exponent_of_a_power_law_is_found(power):
    sizes = np.array([8, 16, 64, 512])
    assert growth_exponent(sizes, 3e-4 * sizes**power) == pytest.approx(power)


def test_the_exponent_is_that_of_the_median():
    sizes = np.array([10, 100])
    values = np.array([[1.0, 1.0, 900.0], [10.0, 10.0, 10.0]])  # one slow spell
    assert growth_exponent(sizes, values) == pytest.approx(1.0)


def test_an_exponent_needs_positive_numbers_and_two_sizes():
    with pytest.raises(ValueError, match="positive"):
        growth_exponent([1, 2], [0, 1])
    with pytest.raises(ValueError, match="two sizes"):
        growth_exponent([4], [1])


def test_crossover_lies_where_the_power_laws_meet():
    sizes = np.array([1, 10, 100, 1000])
    assert crossover(sizes, 0.02 * sizes**2, 1.0 * sizes) == pytest.approx(50)


def test_crossover_lies_between_the_right_two_sizes():
    sizes = np.array([1, 10, 100, 1000])
    assert 10 < crossover(sizes, [9, 1, 100, 1e5], [1, 10, 10, 10]) < 100, "the last crossing counts"
    assert crossover(sizes, [1, 1, 1, 1e9], [2, 2, 2, 2]) > 100


def test_crossover_where_there_is_none_or_where_it_lies_before():
    sizes = np.array([1, 10, 100])
    assert crossover(sizes, sizes, 2 * sizes) is None
    assert crossover(sizes, 2 * sizes, sizes) == 1.0
