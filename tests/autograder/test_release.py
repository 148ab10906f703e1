"""solutions/ and exercises/ are in step, and nothing of the solution gets out."""

import ast
import re
import shutil

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.utils import is_solution

from autograder.answers import assignment
from autograder.answers.cells import grade_id
from autograder.authoring import markers, release
from autograder.authoring.near_misses import EXACT, meant
from autograder.classroom import nbcourse
from autograder.errors import CourseError, Refused
from autograder.paths import Course


def test_the_released_notebook_is_what_the_solution_makes(made):
    _, differs = release.release(made.name, check=True)
    assert not differs, "run `make release` and commit the result"


def test_nothing_hidden_is_released(made):
    text = nbformat.writes(made.released)
    assert "HIDDEN" not in text
    assert "BEGIN SOLUTION" not in text
    told = "\n".join(cell.source for cell in made.released.cells)
    # hidden parts hold the solution, and that has lines of the stub in it
    stubs = {
        line.strip() for cell in made.released.cells if is_solution(cell) for line in cell.source.splitlines()
    }
    for cell in made.cells.values():
        hidden = re.search(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", cell.source, re.DOTALL)
        for line in hidden.group(1).splitlines() if hidden else ():
            if (
                len(line.strip()) > 30
                and line.strip() not in stubs
                and "changes the array" not in line
                and "check(" not in line.strip()[:7]
            ):
                assert line.strip() not in told, line


def test_every_exercise_has_hidden_tests(made):
    for exercise in made.exercises:
        assert any("HIDDEN" in made.cells[test].source for test in exercise.tests), exercise.id


def test_stubs_raise_and_keep_their_docstrings(made):
    for cell in made.released.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            assert release.STUB in cell.source
            assert ast.get_docstring(ast.parse(cell.source).body[0])


def test_the_released_notebook_needs_only_numpy_torch_and_matplotlib(made):
    code = "\n".join(cell.source for cell in made.released.cells if cell.cell_type == "code")
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(code))
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    of_python = {"functools", "math", "tracemalloc", "types"}
    assert imported <= of_python | {"numpy", "torch", "matplotlib"}


def test_helpers_of_the_checks_come_from_one_file(made, tmp_path, monkeypatch):
    source = (assignment.SOLUTIONS / f"{made.name}.md").read_text(encoding="utf-8")
    shared = (assignment.SOLUTIONS / "shared" / "checks.py").read_text(encoding="utf-8").strip()
    assert "class CheckFailed" not in source
    assert made.cells["helpers"].source.startswith(shared)
    assert "# include:" not in nbformat.writes(made.released)
    (tmp_path / f"{made.name}.md").write_text(source, encoding="utf-8")
    monkeypatch.setattr(assignment, "SOLUTIONS", tmp_path)
    with pytest.raises(CourseError, match="no solutions/shared/checks"):
        assignment.load(made.name)


def test_each_exercise_is_explained(made):
    """Statement with shapes, an example by hand, minutes and difficulty, help folded away."""
    prose = "\n".join(cell.source for cell in made.released.cells if cell.cell_type == "markdown")
    for exercise in made.exercises:
        part = re.search(
            rf"^## \d+ · `{exercise.id}`$(.*?)(?=^## |\Z)", prose, re.DOTALL | re.MULTILINE
        ).group(1)
        assert re.search(r"\*\d+ points · \d+ minutes · [●○ ]+\*", part), exercise.id
        assert "**By hand.**" in part, exercise.id
        assert "<details><summary>Help:" in part, exercise.id
        points = int(re.search(r"\*(\d+) points", part).group(1))
        assert points == exercise.max_points, exercise.id


def test_release_says_when_it_differs(made, tmp_path, monkeypatch):
    monkeypatch.setattr(release, "EXERCISES", tmp_path / "exercises")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    assert release.release(made.name)[1] is True
    assert release.release(made.name, check=True)[1] is False
    path = assignment.released_path(made.name, tmp_path / "exercises")
    path.write_text(path.read_text().replace("NotImplementedError", "KeyError"))
    assert release.release(made.name, check=True)[1] is True


def test_an_unknown_assignment_is_refused_with_the_known_ones():
    with pytest.raises(Refused, match="03-query-key-value"):
        assignment.load("99-nothing")


def test_a_marker_left_behind_is_a_fault_of_the_course(made):
    broken = assignment.load(made.name)
    cell = next(cell for cell in broken.solution.cells if grade_id(cell) == "helpers")
    cell.source += "\n### BEGIN SOLUTION"
    with pytest.raises((CourseError, RuntimeError)):
        release.student_version(broken)


# --- an author's slips


def with_slip(made, name, change):
    """The assignment with the text of one of its cells changed."""
    broken = assignment.load(made.name)
    cell = broken.cells[name]
    text = change(cell.source)
    assert text != cell.source
    cell.source = text
    return broken


def solution_and_test(made):
    exercise = made.exercises[0]
    return exercise.id, next(test for test in exercise.tests if "HIDDEN" in made.cells[test].source)


SLIPS = {
    "singular": ("HIDDEN TESTS", "HIDDEN TEST"),
    "singular at the end": ("END HIDDEN TESTS", "END HIDDEN TEST"),
    "plural": ("BEGIN SOLUTION", "BEGIN SOLUTIONS"),
    "no space": ("BEGIN SOLUTION", "BEGINSOLUTION"),
    "two spaces": ("BEGIN SOLUTION", "BEGIN  SOLUTION"),
    "no space behind the signs": ("### BEGIN SOLUTION", "###BEGIN SOLUTION"),
    "underscore": ("BEGIN HIDDEN TESTS", "BEGIN_HIDDEN_TESTS"),
    "small letters": ("BEGIN SOLUTION", "Begin Solution"),
    "all small": ("HIDDEN TESTS", "hidden tests"),
    "one sign too few": ("### BEGIN SOLUTION", "## BEGIN SOLUTION"),
    "one sign alone": ("### END HIDDEN TESTS", "# END HIDDEN TESTS"),
    "one sign too many": ("### BEGIN HIDDEN TESTS", "#### BEGIN HIDDEN TESTS"),
    "a letter twice": ("BEGIN SOLUTION", "BEGINN SOLUTION"),
    "a letter missing": ("BEGIN HIDDEN TESTS", "BEGIN HIDEN TESTS"),
    "letters swapped": ("END SOLUTION", "END SOLUTOIN"),
    "another word": ("### BEGIN SOLUTION", "### START SOLUTION"),
    "something behind it": ("### END SOLUTION", "### END SOLUTION of part one"),
    "full-width signs": ("### BEGIN SOLUTION", "＃＃＃ BEGIN SOLUTION"),
    "no end": ("### END SOLUTION", ""),
    "no end of what is hidden": ("### END HIDDEN TESTS", ""),
    "no beginning": ("### BEGIN HIDDEN TESTS", ""),
    "begun twice": ("### BEGIN SOLUTION", "### BEGIN SOLUTION\n### BEGIN SOLUTION"),
    "ended twice": ("### END HIDDEN TESTS", "### END HIDDEN TESTS\n### END HIDDEN TESTS"),
    "the other kind's end": ("### END HIDDEN TESTS", "### END SOLUTION"),
    "the other kind": ("SOLUTION", "HIDDEN TESTS"),
    "no markers": (r"### (BEGIN|END) SOLUTION", ""),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_marker_releases_nothing(slip):
    before, after = SLIPS[slip]
    made = assignment.load("01-visual-attention")
    for name in solution_and_test(made):
        if re.search(before, made.cells[name].source):
            broken = with_slip(made, name, lambda text: re.sub(before, after, text))
            with pytest.raises(CourseError, match=rf"01-visual-attention\.md, cell '{name}'(, line \d+)?: "):
                release.student_version(broken)
            return
    raise AssertionError("this slip was not made")


@pytest.mark.parametrize("held", ["", "    # nothing yet\n", "    pass\n", "    ...\n\n"])
def test_an_empty_region_releases_nothing(held):
    made = assignment.load("01-visual-attention")

    def emptied(text):
        return re.sub(
            r"(### BEGIN \w.*\n)(?:.*\n)*?(\s*### END)", lambda m: m[1] + held + m[2], text, count=1
        )

    for name in solution_and_test(made):
        with pytest.raises(CourseError, match=f"cell '{name}', line .* is empty"):
            release.student_version(with_slip(made, name, emptied))


def test_a_marker_in_another_cell_releases_nothing():
    made = assignment.load("01-visual-attention")
    answer, test = solution_and_test(made)
    hidden = "\n### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS"
    with pytest.raises(CourseError, match="no test cell"):
        release.student_version(with_slip(made, answer, lambda text: text + hidden))
    solved = hidden.replace("HIDDEN TESTS", "SOLUTION")
    with pytest.raises(CourseError, match="no solution cell"):
        release.student_version(with_slip(made, test, lambda text: text + solved))
    with pytest.raises(CourseError, match="no solution cell"):
        release.student_version(with_slip(made, "helpers", lambda text: text + solved))


@given(st.sampled_from(sorted(EXACT)), st.data())
def test_one_letter_amiss_is_still_taken_for_a_marker(words, data):
    at = data.draw(st.integers(0, len(words) - 1))
    letter = data.draw(st.sampled_from(["", "X", words[at] * 2, words[at].swapcase()]))
    slip = words[:at] + letter + words[at + 1 :]
    if slip != words:
        assert meant(f"    ### {slip}") == words


def misspelt(word, data):
    """A word with a letter taken out, put in, doubled, changed, or swapped with its neighbour."""
    at = data.draw(st.integers(0, len(word) - 1))
    return data.draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + "X" + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
            ]
        )
    )


@settings(max_examples=600)
@given(st.sampled_from(sorted(EXACT)), st.data())
def test_a_marker_mutilated_in_any_way_is_found(marker, data):
    """At most a word is missing, one is misspelt, words are doubled or swapped, and all of it is written in some other way."""
    words = marker.split()
    draw = data.draw
    missing = draw(st.sampled_from([None, *range(len(words))]))
    if missing is not None:
        words.pop(missing)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(words) - 1))
        words.insert(at, words[at])
    if draw(st.booleans()):
        words.reverse()
    elif missing is None and draw(st.booleans()):
        at = draw(st.integers(0, len(words) - 1))
        words[at] = misspelt(words[at], data)
    text = draw(st.sampled_from([" ", "  ", "_", "-", "\t", " \u200b"])).join(words)
    whole = {"BEGIN", "END"} & set(words) and len(set(words)) > 1
    if whole and missing is None:
        text = draw(st.sampled_from([text, text.lower(), text.title()]))
    signs = draw(st.sampled_from(["## ", "###", "### ", "####  ", *["# "] * bool(whole and text.isupper())]))
    line = signs + text
    line = draw(
        st.sampled_from(
            [line, f"    {line}  ", f"{line} ###", f"x = 1  {line}", f'print("{line}")', f"{line}:"]
        )
    )
    assert meant(line, likely=marker.partition(" ")[2]), line


ORDINARY = """
# Hidden tests follow | ## Solution | x = 1  # the end | # One solution is to sort | ### Tests | # end the solution's loop early | BEGIN = 1
### Begin | ### End | # Begin with the scores | # end of the loop | # the test begins with shapes | # START | # END | # hidden state at the start
h_end = hidden[-1] | # the hidden states end here | # begin: hidden layer | # Mark the end of the sentence | # end mark | # mark start
HIDDEN, END = 64, 3 | END = HIDDEN | SOLUTION = 4 | END_OF_TEXT = 3 | BOS, EOS = 1, 2  # begin and end of sentence | # test the solution
# tests of the hidden part | # A solution without a loop begins with the largest | ### Start | ### Beginning with the softmax | # testing
# the resolution at the end | # end of test | ### What is tested | hidden = hidden_start + end | ### Part 1: the scores | # BEGIN: the encoder
# solutions differ by sign | # This test ends early | tests = [1, 2] | # hidden tests of the same kind come behind | ### The end of the sequence
### Start of sentence | start, end = 1, 2 | raise SystemExit("end of solution space") | # STOP | # a hidden test would fail here | hidden_start
""".replace("\n", "|").split("|")  # fmt: skip


@pytest.mark.parametrize("text", sorted({line.strip() for line in ORDINARY} - {""}))
def test_comments_and_headings_are_no_markers(text):
    assert meant(text) is None
    assert meant(text, prose=True) is None


def test_no_line_of_the_course_is_mistaken(made):
    for cell in made.solution.cells:
        for line in cell.source.splitlines():
            words = meant(line, prose=cell.cell_type != "code" and not grade_id(cell))
            assert words is None or line.strip() == f"### {words}", line


@pytest.mark.parametrize("begin, end", [("BEGIN HIDDEN", "END HIDDEN"), ("BEGIN TESTS", "END TESTS"), ("HIDDEN TESTS", "HIDDEN TESTS"), ("BEGIN", "END"), ("HIDDEN", "END")])  # fmt: skip
def test_two_slips_that_match_release_nothing(begin, end):
    made = assignment.load("01-visual-attention")
    _, test = solution_and_test(made)

    def change(text):
        return text.replace("BEGIN HIDDEN TESTS", begin).replace("END HIDDEN TESTS", end)

    with pytest.raises(CourseError, match=rf"cell '{test}', line \d+: .*should be '### \w+ HIDDEN TESTS'"):
        release.student_version(with_slip(made, test, change))


def test_a_refusal_leaves_what_was_released(tmp_path, monkeypatch):
    name = "01-visual-attention"
    source, exercises = tmp_path / "solutions", tmp_path / "exercises"
    shutil.copytree(assignment.SOLUTIONS, source)
    monkeypatch.setattr(assignment, "SOLUTIONS", source)
    monkeypatch.setattr(release, "EXERCISES", exercises)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    release.release(name)
    path = assignment.released_path(name, exercises)
    before = path.read_bytes()
    for broken in (
        "",
        "# Nothing\n",
        (source / f"{name}.md").read_text().replace("HIDDEN TESTS", "HIDDEN TEST"),
    ):
        (source / f"{name}.md").write_text(broken)
        with pytest.raises(CourseError, match=rf"{name}\.md"):
            release.release(name)
    assert path.read_bytes() == before
    assert not list(exercises.rglob("*.new"))


def test_a_slip_in_another_courses_source_is_told_before_it_is_graded(tmp_path):
    """There nbgrader's looser habits hold: any number of signs, and cells without a region are emptied whole."""
    cells = [
        ("double", "def double(x):\n    # BEGIN SOLUTION\n    return 2 * x\n    # END SOLUTION", {"solution": True}),
        ("whole", "y = 2", {"solution": True}),
        ("test_double", "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS", {"grade": True, "locked": True, "points": 2}),
    ]  # fmt: skip
    notebook = nbformat.v4.new_notebook()
    for name, text, more in cells:
        meta = {
            "schema_version": 3,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "grade_id": name,
        }
        notebook.cells.append(
            nbformat.v4.new_code_cell(text, metadata={"nbgrader": {**meta, "cell_type": "code", **more}})
        )
    markers.check(notebook, "source/ps1/ps1.ipynb", own=False)
    path = tmp_path / "source" / "ps1" / "ps1.ipynb"
    path.parent.mkdir(parents=True)
    notebook.cells[2].source = notebook.cells[2].source.replace("TESTS", "TEST")
    nbformat.write(notebook, path)
    notebook.cells[2].source = notebook.cells[2].source.replace("TEST", "TESTS")
    nbformat.write(notebook, path.with_name("a-first-part.ipynb"))
    for _ in "12":  # nothing was entered: no half of an assignment is graded the next time
        with pytest.raises(
            CourseError, match=r"source/ps1/ps1.ipynb, cell 'test_double', line 2: .*should be"
        ):
            nbcourse.load(Course(tmp_path), "ps1")
