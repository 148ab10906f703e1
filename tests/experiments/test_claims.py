"""When a claim holds: seven of eight seeds, three standard errors, equivalence."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_course.experiments import above, all_of, below, within
from attention_course.experiments.engine.claims import allowed_misses, judge

EIGHT = np.array([1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.1, 0.9])


def test_a_claim_holds_far_from_its_bound():
    assert above(EIGHT, 0.5) and below(EIGHT, 1.5)
    assert not above(EIGHT, 1.5) and not below(EIGHT, 0.5)


def test_one_of_eight_may_miss_and_two_may_not():
    one, two = EIGHT.copy(), EIGHT.copy()
    one[:1] = two[:2] = 0.84
    assert above(one, 0.85)
    assert not above(two, 0.85)


def test_all_on_the_right_side_is_not_enough_where_the_mean_is_near():
    effects = np.array([0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 3.0])
    assert not above(effects, 0)


def test_a_cap_keeps_one_clear_run_from_blurring_the_mean():
    effects = np.array([1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.1, 30.0])
    assert not above(effects, 0.5) and above(effects, 0.5, cap=2)
    assert not below(-effects, -0.5) and below(-effects, -0.5, cap=-2)
    assert not above(EIGHT, 1.5, cap=3), "what is on the wrong side stays there"
    assert not above([*EIGHT[:6], -9, -9], 0.5, cap=3)
    assert "counted as 2" in above(effects, 0.5, cap=2).words
    for cap in (0.5, 0.4):
        with pytest.raises(ValueError, match="leaves nothing"):
            above(effects, 0.5, cap=cap)


def test_a_bound_that_is_met_exactly_is_not_passed():
    assert not above(np.ones(8), 1) and not below(np.ones(8), 1)


@pytest.mark.parametrize(("seeds", "misses"), [(1, 0), (3, 0), (4, 1), (8, 1), (15, 1), (16, 2)])
def test_how_many_may_miss(seeds, misses):
    assert allowed_misses(seeds) == misses


def test_a_single_seed_proves_nothing():
    assert not above([5.0], 0)


def test_not_a_number_is_on_no_side():
    effects = EIGHT.copy()
    effects[0] = np.nan
    assert not above(effects, 0) and not below(effects, 2)


def test_equivalence_needs_a_narrow_interval_and_overlap():
    other = EIGHT[::-1] + 0.01
    assert within(EIGHT, other, 0.2)
    assert not within(EIGHT, other, 0.01)
    far = within(np.linspace(1, 1.001, 8), np.linspace(1.002, 1.003, 8), 0.2)
    assert not far and "overlap" in far.words


def test_a_claim_of_parts_fails_with_its_weakest():
    parts = above(EIGHT, 0.5), above(EIGHT, 2)
    assert not all_of(*parts) and all_of(parts[0], parts[0])
    assert all_of(*parts).bound == 2


def test_effects_are_one_a_seed():
    with pytest.raises(ValueError, match="one effect for each seed"):
        above(np.ones((8, 2)), 0)


@given(st.lists(st.floats(-100, 100), min_size=4, max_size=20), st.floats(-100, 100))
def test_above_and_below_are_mirror_images_and_never_both(effects, bound):
    assert bool(above(effects, bound)) == bool(below(-np.array(effects), -bound))
    assert not (above(effects, bound) and below(effects, bound))


def runs_of(*parts):
    return SimpleNamespace(seeds=range(len(parts[0])), parts=[np.array(part) for part in parts])


def two_parts(runs):
    return all_of(above(runs.parts[0], 0.85), below(runs.parts[1], 50))


RECORDED = runs_of(EIGHT, 10 * EIGHT)


def test_a_few_new_runs_borrow_from_the_spread_of_the_record():
    """Three standard errors of four runs alone would ask for more than many a true claim has."""
    new = runs_of([0.84, 1.0, 1.1, 1.15], [9, 10, 11, 10.0])
    assert not two_parts(new) and judge(two_parts, new, RECORDED)
    assert not judge(two_parts, new), "without a record they stand alone"


@pytest.mark.parametrize(
    "parts",
    [
        ([0.8, 0.84, 1.1, 1.15], [9, 10, 11, 10]),  # two of four on the wrong side
        ([0.86, 0.87, 0.86, 0.87], [9, 10, 11, 10]),  # all right, and near the bound
        ([1.0, 1.1, 1.0, -20], [9, 10, 11, 10]),  # one that is far out
        ([1.0, 1.1, 1.0, 0.9], [55, 56, 54, 55]),  # the second part
    ],
)
def test_borrowing_makes_no_false_claim_true(parts):
    assert not judge(two_parts, runs_of(*parts), RECORDED)


def test_eight_new_runs_stand_alone():
    near = runs_of(EIGHT + np.array([0, 0, 0, 0, 0, 0, 0, 9]), 10 * EIGHT)
    assert not judge(two_parts, near, RECORDED)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=7), st.floats(-1e3, 1e3))
def test_borrowing_from_oneself_changes_nothing(values, bound):

    def claim(runs):
        return above(runs.parts[0], bound)

    own, borrowed = (judge(claim, runs_of(values), other) for other in (None, runs_of(values)))
    assert own.mean == borrowed.mean
    assert borrowed.error == pytest.approx(own.error)
