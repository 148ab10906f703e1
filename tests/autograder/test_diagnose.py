"""Behaviour compared, and nothing said where nothing is sure."""

import numpy as np
import pytest
import torch

from autograder.answers import assignment, bank, observe
from autograder.answers.diagnose import Diagnosis, alike
from autograder.authoring import demo


@pytest.fixture(scope="module")
def diagnosis():
    return Diagnosis(assignment.load(demo.ASSIGNMENT))


def hints(diagnosis, exercise, thing):
    return [
        h.misconception for h in diagnosis.hints(exercise, observe.observe(thing, diagnosis.probes[exercise]))
    ]


def test_arrays_survive_the_way_there_and_back():
    sent = {
        "a": [np.float32(1.5), np.arange(6.0).reshape(2, 3)],
        "t": torch.eye(2),
        "n": None,
        "x": float("nan"),
    }
    back = observe.decode(observe.encode(sent))
    assert alike(back, observe.decode(observe.encode(back)))
    assert back["a"][1].shape == (2, 3)
    assert isinstance(back["t"], torch.Tensor)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.zeros(2), np.zeros(3)),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.zeros(2), torch.zeros(2)),
        (np.zeros(2), np.array([0.0, np.nan])),
        ([1, 2], [1]),
        ({"a": 1}, {"b": 1}),
        (1, None),
    ],
)
def test_what_differs_is_not_alike(one, other):
    assert not alike(one, other)


def test_rounding_is_alike_and_so_is_nan():
    assert alike(np.array([1.0, np.nan]), np.array([1.0 + 1e-9, np.nan]))


def test_a_number_of_numpys_is_like_pythons():
    assert alike([np.array(3), np.array(0.5)], [3, 0.5 + 1e-9])
    assert not alike(np.array(0.5, np.float32), 0.5)


def test_a_given_function_is_found_where_the_answer_runs():
    def twice(function, x):
        return 2 * function(x)

    probe = [observe.encode(bank.Call(bank.Given("half"), 3.0).payload())]
    seen = [observe.observe(twice, probe, {"half": half})[0] for half in (lambda x: x / 2, lambda x: x)]
    assert [one["result"] for one in seen] == [3.0, 6.0]
    assert observe.observe(twice, probe, {})[0] == {"error": "KeyError"}


def test_nothing_is_said_of_a_wrong_answer_that_nobody_knows(diagnosis):
    assert hints(diagnosis, "hop_penalty", lambda A: 42.0) == []


def test_nothing_is_said_of_an_answer_that_fails_everywhere(diagnosis):
    def broken(*args):
        raise KeyError

    for exercise in diagnosis.probes:
        assert hints(diagnosis, exercise, broken) == []


def test_nothing_is_said_where_nothing_was_observed(diagnosis):
    assert diagnosis.hints("hop_penalty", None) == []
    assert diagnosis.hints("unknown", []) == []


def test_two_mistakes_that_meet_give_both_hints(diagnosis):
    def both(q, k, v):
        scores = q @ k.swapaxes(-1, -2)
        weights = np.exp(scores - scores.max(-2, keepdims=True))
        weights /= weights.sum(-2, keepdims=True)
        return weights @ v, weights

    assert hints(diagnosis, "dot_product_attention", both) == ["unscaled", "softmax_over_queries"]


def test_odd_results_are_data_all_the_same():
    for odd in (
        object(),
        "x" * 10_000,
        [0] * 1000,
        {i: i for i in range(100)},
        np.array([None]),
        np.zeros(10**6),
        lambda: 0,
    ):
        assert len(str(observe.encode(odd))) < 1000


def test_a_mistake_is_named_also_where_it_meets_a_lifted_dtype(diagnosis):
    """np.sqrt lifts float32 to float64; whoever also normalises over the wrong axis should hear of both."""

    def both(q, k, v):
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
        weights = np.exp(scores - scores.max(-2, keepdims=True))
        weights /= weights.sum(-2, keepdims=True)
        return weights @ v, weights

    assert hints(diagnosis, "dot_product_attention", both) == ["softmax_over_queries", "becomes_float64"]


@pytest.mark.parametrize(
    "forged", [[], [1], "x", {}, [{}], [{"result": {"npy": "!"}}], [None] * 8, [{"result": []}] * 8]
)
def test_forged_observations_say_nothing(diagnosis, forged):
    for exercise in diagnosis.probes:
        assert diagnosis.hints(exercise, forged) == []
