"""Cells that a person marks, in the course's own assignments: release, grade, page, gradebook, export, report."""

import copy
import csv
import io

import nbformat
import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder import cli
from autograder.answers import assignment
from autograder.authoring import demo, release
from autograder.classroom import feedback, grading, lms, report
from autograder.errors import CourseError
from autograder.paths import Course

NAME = "01-visual-attention"
CELLS = """
+++ {"nbgrader": {"grade_id": "why", "solution": true, "points": 3}}

Because the squares of the model answer say so.

+++ {"nbgrader": {"grade_id": "draw", "task": true, "points": 2}}

Draw a scanpath below.

### BEGIN MARK SCHEME
One point for each axis.
### END MARK SCHEME

```{code-cell} ipython3
:nbgrader: {"grade_id": "own_example", "solution": true, "points": 4}
### BEGIN SOLUTION
example = softmax(np.array([1.0, 2.0]))
### END SOLUTION
```
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An assignment of the course with three more cells, that a person marks."""
    folder = tmp_path_factory.mktemp("solutions")
    text = (assignment.SOLUTIONS / f"{NAME}.md").read_text(encoding="utf-8")
    (folder / f"{NAME}.md").write_text(text.rstrip() + "\n" + CELLS, encoding="utf-8")
    (folder / "shared").symlink_to(assignment.SOLUTIONS / "shared")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(assignment, "SOLUTIONS", folder)
        made = assignment.load(NAME)
    made.__dict__["released"] = nbformat.reads(release.student_version(made), as_version=4)
    return made


def test_what_is_released(made):
    assert made.by_hand == {"why": 3, "draw": 2, "own_example": 4}
    text = nbformat.writes(made.released)
    for hidden in ("squares of the model", "One point for each", "example = softmax", "MARK SCHEME"):
        assert hidden not in text
    assert "Draw a scanpath below." in text
    kinds = {name: made.released_cells[name].metadata.nbgrader for name in made.by_hand}
    assert [(k.grade, k.solution, k.task, k.locked) for k in kinds.values()] == [
        (True, True, False, False),
        (False, False, True, True),
        (True, True, False, False),
    ]


def test_a_cell_that_gives_marks_must_say_how_many(made, tmp_path, monkeypatch):
    text = (assignment.SOLUTIONS / f"{NAME}.md").read_text(encoding="utf-8")
    monkeypatch.setattr(assignment, "SOLUTIONS", tmp_path)
    (tmp_path / f"{NAME}.md").write_text(text + CELLS.replace(', "points": 3', ', "grade": true'))
    (tmp_path / "shared").mkdir()
    with pytest.raises(CourseError, match=r"'why': it gives marks, and has no points|no solutions/shared"):
        assignment.load(NAME)


def answers(made):
    """Student -> notebook."""
    right = demo.answered(made, demo.solved(made))

    def written(name, text):
        notebook = copy.deepcopy(right)
        next(c for c in notebook.cells if assignment.grade_id(c) == name).source = text
        return notebook

    bare = written("why", "Because.")
    for cell in bare.cells:
        cell.metadata = nbformat.NotebookNode()
    picture = written("why", "![](attachment:p.png)")
    next(c for c in picture.cells if assignment.grade_id(c) == "why")["attachments"] = {
        "p.png": {"image/png": "aGk="}
    }
    return {
        "blank": right,
        "prose": written("why", "Because **eyes** jump."),
        "code": written("own_example", "raise ValueError('mine')"),
        "no-metadata": bare,
        "picture": picture,
    }


@pytest.fixture(scope="module")
def course(made, tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("class"))
    for student, notebook in answers(made).items():
        path = course.submitted / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    grading.grade_class(course, made)
    return course


def test_all_wait_for_a_person_and_cost_nothing_else(made, course):
    full = sum(exercise.max_points for exercise in made.exercises)
    found = {graded.student: graded for graded in grading.results_of(course, NAME)}
    assert {graded.score for graded in found.values()} == {full}
    assert {graded.max_score for graded in found.values()} == {full + 9}
    waiting = {student: graded.waiting for student, graded in found.items()}
    assert waiting == {"blank": 2, "prose": 5, "code": 6, "no-metadata": 5, "picture": 5}
    with Gradebook(course.database_url) as book:
        open_ = {
            row.student.id: {g.name for n in row.notebooks for g in n.grades if g.needs_manual_grade}
            for row in book.assignment_submissions(NAME)
        }
    assert (
        open_["blank"] == {"draw"}
        and open_["prose"] == {"why", "draw"}
        and open_["code"] == {"own_example", "draw"}
    )
    said = CliRunner().invoke(cli.app, ["export", NAME, "--format", "canvas", "--course", str(course.root)])
    assert said.exit_code == 0 and f"prose ({NAME})" in said.stderr and "prose (" not in said.stdout
    page = feedback.path(course, "prose", NAME).read_text()
    assert "5 points still to be marked by hand" in page and "– of 3" in page
    blank = feedback.path(course, "blank", NAME).with_suffix(".txt").read_text()
    assert "· why  0 of 3" in blank
    assert not any("why" in note or "own_example" in note for note in found["blank"].notes)


def test_a_person_sees_what_was_written(course):
    def of(student):
        cells = nbformat.read(course.autograded / student / NAME / f"{NAME}.ipynb", as_version=4).cells
        return {assignment.grade_id(cell): cell for cell in cells}

    assert of("prose")["why"].source == "Because **eyes** jump."
    assert of("code")["own_example"].outputs[0].ename == "ValueError"
    assert of("picture")["why"].attachments == {"p.png": {"image/png": "aGk="}}
    assert "MARK SCHEME" in of("prose")["draw"].source


def test_a_mark_arrives(made, course):
    with Gradebook(course.database_url) as book:
        notebook = book.find_submission_notebook(NAME, NAME, "prose")
        for grade in notebook.grades:
            if grade.name in ("why", "draw"):
                grade.manual_score = 1.5
                grade.needs_manual_grade = False
        next(c for c in notebook.comments if c.name == "why").manual_comment = "Which eyes?"
        book.db.commit()
    full = sum(exercise.max_points for exercise in made.exercises)
    found = {graded.student: graded for graded in grading.results_of(course, NAME)}["prose"]
    assert found.score == full + 3 and found.waiting == 0
    feedback.write(course, found)
    page = feedback.path(course, "prose", NAME).read_text()
    assert "1.5 of 3" in page and "Which eyes?" in page and "still to be marked" not in page
    rows = {
        row["student"]: row
        for row in csv.DictReader(io.StringIO(lms.table(lms.marks(course, [NAME]), "csv")))
    }
    assert float(rows["prose"]["score"]) == full + 3 and float(rows["prose"]["max_score"]) == full + 9
    assert rows["prose"]["needs_manual_grade"] == "0" and rows["code"]["needs_manual_grade"] == "1"
    made_report = report.of(NAME, grading.results_of(course, NAME))
    assert "prose" not in made_report.waiting and "code" in made_report.waiting
    assert not made_report.unexplained
    assert "still to be marked by hand" in report.page(made_report)
    grading.grade_class(course, made, fresh=True)
    again = {graded.student: graded for graded in grading.results_of(course, NAME)}["prose"]
    assert again.score == full + 3
