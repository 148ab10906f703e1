"""`attention_course.measuring.memory`: the largest array on the way, in bytes."""

import torch

from attention_course.measuring.memory import largest_array


def test_the_largest_array_on_the_way_counts_and_not_the_last():
    x = torch.ones(7, 3)
    assert largest_array(lambda: (x @ x.T).sum()) == 7 * 7 * 4


def test_bytes_follow_the_dtype():
    assert largest_array(lambda: torch.zeros(5, 2, dtype=torch.float64)) == 5 * 2 * 8


def test_nothing_made_is_nothing():
    assert largest_array(lambda: None) == 0


def test_a_view_counts_with_what_it_looks_into():
    x = torch.ones(100)
    assert largest_array(lambda: x[:2]) == 400


def test_one_call_does_not_remember_another():
    largest_array(lambda: torch.zeros(100))
    assert largest_array(lambda: torch.zeros(2)) == 8
