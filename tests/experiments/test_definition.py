"""A slip in a name or a setting is told in a sentence, where it was made."""

import pytest

from attention_course.experiments import experiment, grid
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


def networks(seed, kind, steps):
    """Networks of one kind."""
    return {"error": seed}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            grid(kind=["plain"], stpes=3),
            "test_definition.networks has no parameter stpes; those that a setting may give are: kind, steps.",
        ),
        ([{"kind": "plain"}], "test_definition.networks: a setting gives no steps; its parameters are: kind, steps."),
        (grid(kind="plain", steps=3, seed=1), "test_definition.networks has no parameter seed; "),
        (None, "test_definition.networks: a setting gives no kind, steps; "),
    ],
)  # fmt: skip
def test_a_setting_that_the_function_does_not_take_is_told_where_the_experiment_is_defined(settings, said):
    with pytest.raises(TypeError) as fault:
        experiment(settings=settings)(networks)
    assert str(fault.value).startswith(said)


def test_an_experiment_without_parameters_says_so():
    def alone(seed):
        """Nothing to set."""

    with pytest.raises(TypeError, match="are: none"):
        experiment(settings=grid(kind="plain"))(alone)
