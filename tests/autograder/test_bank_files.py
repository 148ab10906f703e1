"""How the bank is written down: what a file of it may hold, and which entries there are.

``python tests/autograder/test_bank_files.py`` writes the list of entries anew, after one was added or a hint reworded.
"""

import builtins
import copy
import dis
import hashlib
import random
import re
from functools import cache
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attention_course
from autograder.answers import assignment as assignments
from autograder.answers import bank, changes
from autograder.answers.diagnose import Diagnosis
from autograder.errors import CourseError

LIST = Path(__file__).with_name("bank_entries.txt")
PACKAGES = [Path(bank.__file__).parents[1], Path(attention_course.__file__).parent]
NAME, EXERCISE = "03-query-key-value", "soft_lookup"
HEAD = "from autograder.answers.bank import Call, again, both, change, right, wrong\n"
PROBES = "def probes(rng):\n    return []\n"
SOLUTION = """\
def soft_lookup(query, keys):
    \"\"\"Says keys - query and keys.\"\"\"
    ### BEGIN SOLUTION
    distances = keys - query
    if distances.any():
        near = distances * 111
        far = distances / 2
    return distances * distances
    ### END SOLUTION
"""

loaded = cache(assignments.load)


def solved_by(source, exercise=EXERCISE, name=NAME):
    """The assignment with another solution."""
    made = loaded(name)
    solution = copy.deepcopy(made.solution)
    other = assignments.Assignment(name, solution)
    other.cells[exercise].source = source
    other.__dict__["namespace"] = made.namespace
    return other


@pytest.fixture
def written(tmp_path, monkeypatch):
    """What the bank holds of one exercise where its file has this text."""
    monkeypatch.setattr(bank, "FOLDER", tmp_path)

    def read(text, solution=SOLUTION, file=EXERCISE, probes=PROBES):
        folder = tmp_path / NAME
        folder.mkdir(exist_ok=True)
        (folder / f"{file}.py").write_text(HEAD + probes + text, encoding="utf-8")
        return {entry.id: entry for entry in bank.load(solved_by(solution)).entries()}

    return read


def unmeant(diagnosis):
    """(exercise, number of the probe, what the solution raised there), wherever the probe says otherwise."""
    return [
        (exercise, number, seen.get("error"))
        for exercise, probes in diagnosis.bank.probes.items()
        for number, (probe, seen) in enumerate(zip(probes, diagnosis.observed(None, exercise), strict=True))
        if seen.get("error") != (probe.raises and probe.raises.__name__)
    ]


@pytest.mark.parametrize("name", assignments.names())
def test_the_solution_raises_on_those_probes_of_which_the_bank_says_so(name):
    """On any other an author's slip would make all answers alike, and nobody would be told."""
    assert unmeant(Diagnosis(loaded(name))) == []


def test_a_slip_in_a_probe_is_noticed(written):
    fine = "np.ones(2), np.ones((3, 2)), np.ones((3, 4)), 1.5"
    said = ("1, 2", "1, 2, raises=TypeError", "1, 2, raises=ValueError", fine, f"{fine}, raises=TypeError")
    calls = ", ".join(f"Call({arguments})" for arguments in said)
    written("", probes=f"def probes(rng):\n    return [{calls}]\n")
    found = unmeant(Diagnosis(solved_by(SOLUTION)))
    assert found[: len(found) // 2] == [
        (EXERCISE, 0, "TypeError"),
        (EXERCISE, 2, "TypeError"),
        (EXERCISE, 4, None),
    ]


def test_a_module_is_torchs_wherever_a_class_is_called_so():
    """Its stand-in behaves like torch's; a probe of one, or a file of Python, has a name of its own."""
    sources = (path for package in PACKAGES for path in package.rglob("*.py"))
    named = [path.name for path in sources if re.search(r"^class _?Module\b", path.read_text("utf-8"), re.M)]
    assert named == ["stand_in.py"]


def test_a_change_stands_where_the_piece_stood(written):
    found = written('minus = wrong("told", change("keys - query", "keys + query"))')
    assert "distances = keys + query\n" in found["minus"].source
    assert found["minus"].hints == (("minus", "told"),)
    assert "Says" not in found["minus"].source and "###" not in found["minus"].source


def test_a_piece_of_several_lines_is_indented_as_it_stands(written):
    found = written(
        'gone = wrong("told", change("near = distances * 111\\nfar = distances / 2", "if near:\\n    far = 1"))\n'
        'less = wrong("told", change("near = distances * 111\\n", ""))'
    )
    assert (
        "    if distances.any():\n        if near:\n            far = 1\n    return" in found["gone"].source
    )
    assert "    if distances.any():\n        far = distances / 2\n    return" in found["less"].source


def test_what_is_written_out_gets_the_exercises_name(written):
    found = written(
        '@wrong("told")\ndef other(query, keys):\n    return other_than(keys)\n\n@right()\nclass Other:\n    pass'
    )
    assert found["other"].source == "def soft_lookup(query, keys):\n    return other_than(keys)"
    assert found["Other"].source == "class soft_lookup:\n    pass" and not found["Other"].is_wrong


def test_two_mistakes_meet(written):
    found = written(
        'one = wrong("first", change("keys - query", "keys"))\n'
        'other = wrong("second", change("distances / 2", "distances"))\n'
        "two = both(one, other)\n"
        'three = both(one, other, change("distances * distances", "0"))\n'
        'four = again(other, change("distances.any()", "True"))\n'
    )
    assert "distances = keys\n" in found["two"].source and "far = distances\n" in found["two"].source
    assert "distances = keys - query\n" in found["three"].source and "return 0" in found["three"].source
    assert found["two"].hints == found["three"].hints == (("one", "first"), ("other", "second"))
    assert found["four"].hints == (("other", "second"),)


WRITTEN_OUT = '@wrong("told")\ndef out(query, keys):\n    return 1\n'
FAULTS = {
    'a = wrong("told", change("keys + query", "0"))': "a: the solution holds the piece 'keys + query' not at all",
    'a = wrong("told", change("distances", "0"))': "a: the solution holds the piece 'distances' 6 times",
    'a = wrong("told", change("11", "0"))': "a: the solution holds the piece '11' 2 times",
    'a = wrong("told", change("Says", "0"))': "a: the solution holds the piece 'Says' not at all",
    'a = wrong("told", change("### BEGIN", ""))': "a: the solution holds the piece '### BEGIN' not at all",
    'a = wrong("told", change("", "0"))': "a: the solution holds the piece '' not at all",
    'a = wrong("told", change("near = distances * 111\\n    far", "0"))': "far' not at all",
    'a = wrong("told", change("keys - query", "0"), change("- query", "1"))': "a: two changes overlap in '- query'",
    'a = wrong("told", change("keys - query", "0"))\n' * 2: "two are called 'a', in lines 4 and 5",
    WRITTEN_OUT * 2: "two are called 'out', in lines 5 and 8",
    'probes = wrong("told", change("keys - query", "0"))': "two are called 'probes', in lines 2 and 4",
    'wrong("told", change("keys - query", "0"))': "line 4: an answer needs a name",
    'a = wrong("told")': "a: neither a change nor written out below it",
    "a = right()": "a: neither a change nor written out below it",
    f'{WRITTEN_OUT}a = wrong("t", change("keys - query", "0"))\nb = both(a, out)': "b: neither a change nor",
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: text[:60])
def test_a_fault_is_told_in_a_sentence(written, text):
    with pytest.raises(CourseError, match=re.escape(FAULTS[text])) as told:
        written(text)
    assert str(told.value).startswith(f"{NAME}/{EXERCISE}.py")


def test_a_file_makes_probes_and_belongs_to_an_exercise(written):
    with pytest.raises(CourseError, match=re.escape("no function probes(rng)")):
        written("", probes="")
    with pytest.raises(CourseError, match="files of no exercise: soft_look"):
        written("", file="soft_look")


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_piece_that_is_there_once_can_be_changed_and_no_other(data):
    made = loaded(data.draw(st.sampled_from(assignments.names())))
    text = changes.bare(made.cells[data.draw(st.sampled_from(made.exercises)).id].source)
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : start + data.draw(st.integers(1, 40))].split("\n")[0]
    often = sum(text.startswith(piece, at) for at in range(len(text))) if piece else 0
    change = [changes.change(piece, "ANOTHER")]
    if often == 1:
        before, _, behind = text.partition(piece)
        assert changes.changed(text, change, "x").split() == (before + "ANOTHER" + behind).split()
        return
    with pytest.raises(CourseError, match=r"^x: the solution holds the piece"):
        changes.changed(text, change, "x")


@pytest.mark.parametrize("name", assignments.names())
def test_a_solution_that_loses_a_piece_is_noticed_by_the_entries_that_change_it(name):
    made = loaded(name)
    for exercise in made.exercises:
        source = made.cells[exercise.id].source
        gone = re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "pass", source, flags=re.DOTALL)
        with pytest.raises(
            CourseError, match=rf"^{name}/{exercise.id}\.py, \w+: the solution holds the piece"
        ):
            bank.load(solved_by(gone, exercise.id, name))


def test_reading_leaves_no_trace_whatever_the_order():
    def read(name):
        return [(e.exercise, e.id, e.source, e.hints) for e in bank.load(loaded(name)).entries()]

    names = assignments.names()
    before = {name: dict(loaded(name).namespace) for name in names}
    first = {name: read(name) for name in names}
    assert all(first.values())
    for seed in range(2):
        for name in random.Random(seed).sample(names, len(names)):
            assert read(name) == first[name]
    assert {name: loaded(name).namespace for name in names} == before


@pytest.mark.parametrize("path", sorted(bank.FOLDER.glob("*/*.py")), ids=lambda path: path.stem)
def test_a_file_is_short_enough_to_be_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def _unknown(code, known):
    """The global names that a code object and those inside it read, and nobody defines."""
    read = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    own = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_NAME"}
    known = known | own
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return (read - known).union(*(_unknown(one, known) for one in inner))


@pytest.mark.parametrize("name", assignments.names())
def test_an_answer_uses_only_what_its_notebook_defines(name):
    """A name misspelt would fail all checks, and be taken for a wrong answer."""
    made = loaded(name)
    known = {*made.namespace, *vars(builtins), "__name__", "__module__", "__qualname__"}
    for entry in bank.load(made).entries():
        unknown = _unknown(compile(entry.source, entry.id, "exec"), known)
        assert not unknown, f"{entry.exercise}, {entry.id}: {', '.join(sorted(unknown))}"


def test_a_name_misspelt_in_an_answer_is_found():
    code = compile("def f(x):\n    y = 1\n    return [sofmax(z) for z in x], y", "f", "exec")
    assert _unknown(code, set(vars(builtins))) == {"sofmax"}


def entries():
    """A line an entry, with a digest of its hints, so that none is lost or reworded unnoticed."""
    for name in assignments.names():
        for entry in bank.load(loaded(name)).entries():
            digest = hashlib.sha256(repr(entry.hints).encode()).hexdigest()[:12]
            yield f"{name} {entry.exercise} {'wrong' if entry.is_wrong else 'right'} {entry.id} {digest}\n"


def test_the_bank_holds_what_the_list_says():
    listed = LIST.read_text(encoding="utf-8").splitlines(keepends=True)
    made = list(entries())
    assert sorted(set(made) - set(listed)) == [], "these are new or reworded: see the top of this file"
    assert sorted(set(listed) - set(made)) == [], "these are gone or reworded: see the top of this file"
    assert made == listed, "the order has changed, which decides what is told first"


if __name__ == "__main__":
    LIST.write_text("".join(entries()), encoding="utf-8")
