"""A slip in an experiment's name is told in a sentence."""

import pytest

from attention_course.experiments.engine import definition


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("tranzlation", "translation"),
        ("saliency-maps", "saliency_map"),
        ("translation.networx", "translation.networks"),
        ("tranzlation.networx", "translation.networks"),
        ("Multi-Head-Attention", "multi_head_attention"),
    ],
)
def test_of_a_name_that_is_nearly_one_it_is_asked_whether_that_was_meant(name, near):
    with pytest.raises(definition.UnknownName) as said:
        definition.find([name])
    assert str(said.value) == f"There is no experiment {name.replace('-', '_')}. Did you mean {near}?"


@pytest.mark.parametrize(
    ("name", "there"), [("zzz", "additive_attention, "), ("translation.zzz", "translation.")]
)
def test_where_no_name_is_near_all_are_told(name, there):
    with pytest.raises(definition.UnknownName) as said:
        definition.find([name])
    assert str(said.value).startswith(f"There is no experiment {name}. There is: {there}")
