"""solutions/ and exercises/ are in step, and nothing of the solution gets out."""

import ast
import re

import nbformat
import pytest

from autograder.answers import assignment
from autograder.answers.assignment import grade_id
from autograder.authoring import release
from autograder.errors import CourseError, Refused


def test_the_released_notebook_is_what_the_solution_makes(made):
    _, differs = release.release(made.name, check=True)
    assert not differs, "run `make release` and commit the result"


def test_nothing_hidden_is_released(made):
    text = nbformat.writes(made.released)
    assert "HIDDEN" not in text
    assert "BEGIN SOLUTION" not in text
    for cell in made.cells.values():
        hidden = re.search(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", cell.source, re.DOTALL)
        for line in hidden.group(1).splitlines() if hidden else ():
            if (
                len(line.strip()) > 30
                and "changes the array" not in line
                and "check(" not in line.strip()[:7]
            ):
                assert line.strip() not in "\n".join(c.source for c in made.released.cells), line


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
    monkeypatch.setattr(assignment, "EXERCISES", tmp_path / "exercises")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    assert release.release(made.name)[1] is True
    assert release.release(made.name, check=True)[1] is False
    path = assignment.released_path(made.name)
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
