"""The course's own records: whole, of this code, small; and every claim can fail."""

import copy

import pytest

from attention_course import records
from attention_course.experiments.engine import checking, definition

EXPERIMENTS = definition.find()
CLAIMS = [(name, claim) for name, experiment in EXPERIMENTS.items() for claim in experiment.claims]
MOST = 8_000_000  # bytes of all records together


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_record_is_whole_and_of_this_code_and_its_claims_hold(name):
    report = checking.check(EXPERIMENTS[name])
    failed = [f"{c.name}: {c.fault or c.verdict.words}" for c in report.claims if not c.holds]
    assert report.faults == [] and failed == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_says_what_it_is_and_the_book_says_something_of_it(name):
    experiment = EXPERIMENTS[name]
    assert len(experiment.summary) > 20 and experiment.claims
    for claim in experiment.claims.values():
        assert claim.__doc__.strip().endswith("."), claim.__name__


def test_no_record_lacks_its_experiment_and_all_are_small():
    files = sorted(path for path in records.FOLDER.rglob("*") if path.suffix in (".json", ".safetensors"))
    assert {f"{path.parent.name}.{path.stem}" for path in files} == set(EXPERIMENTS)
    assert sum(path.stat().st_size for path in files) < MOST


def changed(value, change):
    """``value`` with ``change`` made to every number in it."""
    if isinstance(value, dict):
        return {key: changed(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, change) for inner in value]
    return change(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def turned(value):
    """Every list in ``value`` from its end to its beginning: what rises falls."""
    if isinstance(value, dict):
        return {key: turned(inner) for key, inner in value.items()}
    return [turned(inner) for inner in reversed(value)] if isinstance(value, list) else value


def exchanged(runs):
    """The runs with the results of the settings dealt out in the opposite order."""
    return [a["numbers"] for a in reversed(runs)]


def each(change):
    return lambda runs: [changed(run["numbers"], change) for run in runs]


def apart(runs):
    """Every run far from the one before, so that no two sides are alike."""
    return [changed(run["numbers"], lambda value, n=n: value + 1e6 * n) for n, run in enumerate(runs)]


def askew(runs):
    """Every named number, and every place of a list, on a scale of its own."""

    def skewed(value, scale=1.0):
        if isinstance(value, dict):
            return {key: skewed(inner, scale * 10**n) for n, (key, inner) in enumerate(sorted(value.items()))}
        if isinstance(value, list):
            return [skewed(inner, scale * 10 ** (len(value) - n)) for n, inner in enumerate(value)]
        return changed(value, lambda number: number * scale)

    return [skewed(run["numbers"]) for run in runs]


WAYS = {
    "runs far apart": apart,
    "askew": askew,
    "nothing happened": each(lambda value: 0 * value),
    "the other way round": each(lambda value: -value),
    "all the same": each(lambda value: 1.0),
    "beyond measure": each(lambda value: 1e6 + value),
    "lists from their end": lambda runs: [turned(run["numbers"]) for run in runs],
    "settings exchanged": exchanged,
}


@pytest.mark.parametrize(("name", "claim"), CLAIMS)
def test_a_claim_fails_where_the_runs_say_otherwise(name, claim):
    record = records.load(name)
    objecting = []
    for way, change in WAYS.items():
        content = copy.deepcopy(record.content)
        for run, numbers in zip(content["runs"], change(content["runs"]), strict=True):
            run["numbers"] = numbers
        result = checking._judge(
            claim, EXPERIMENTS[name].claims[claim], records.Record(name, record.path, content)
        )
        objecting += [way] * (not result.holds and result.fault is None)
    assert objecting, "a claim that holds whatever the runs say is none"
