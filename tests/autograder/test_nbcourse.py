"""Another course, in nbgrader's layout, gets from us the marks that nbgrader gives."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder import cli
from autograder.answers.results import SHARED
from autograder.classroom import nbcourse
from autograder.errors import CourseError, Refused
from autograder.paths import Course
from autograder.rooms import engine

NAME = "week1"
HOW = engine.How(seconds=30, split=False)
CANARY = "heron-4711"


def cell(name, source, kind="code", **roles):
    meta = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    meta.update(roles, grade_id=name, cell_type=kind)
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, metadata={"nbgrader": meta})


def given(name, source):
    return cell(name, source, locked=True)


def answer(name, source, stub=""):
    return cell(name, f"{stub}### BEGIN SOLUTION\n{source}\n### END SOLUTION", solution=True)


def check(name, points, source):
    return cell(name, source, grade=True, locked=True, points=points)


def by_hand(name, points, kind, source):
    return cell(name, source, kind, grade=True, solution=True, points=points)


FIRST = [
    new_markdown_cell("# Averages"),
    given(
        "read",
        "import csv\nimport helpers\n\nwith open('data.csv') as file:\n    rows = list(csv.reader(file))",
    ),
    answer("mean", "    return sum(xs) / len(xs)", "def mean(xs):\n"),
    check(
        "test-mean",
        2,
        "assert mean([1, 2, 3]) == 2, 'the mean of 1, 2, 3'\n"
        f"### BEGIN HIDDEN TESTS\nassert mean([5]) == 5, '{CANARY}'\n### END HIDDEN TESTS",
    ),
    check("test-file", 1, "assert mean([float(n) for _, n in rows]) == helpers.EXPECTED"),
    answer("squares", "    return [x * x for x in xs]", "def squares(xs):\n"),
    check("test-squares", 3, "right = sum(a == b for a, b in zip(squares([1, 2, 3]), [1, 4, 9]))\nright"),
    answer("level", "    return 2", "def level():\n"),
    check("test-level", 2, "level()"),
    answer("numbers", "numbers, total = [3, 1, 2], 6"),
    check("test-numbers", 1, "### AUTOTEST numbers"),
    check("test-total", 1, "### HASHED AUTOTEST total; len(numbers)"),
    by_hand("plot", 4, "code", "# your plot"),
    by_hand("essay", 5, "markdown", "YOUR ANSWER HERE"),
    cell("project", "Do a project.", "markdown", task=True, points=6, locked=True),
]
SECOND = [
    given("read-again", "import helpers\nfrom pathlib import Path\ntext = Path('sub/notes.txt').read_text()"),
    answer("scaled", "    return helpers.SCALE * x", "def scaled(x):\n"),
    check("test-scaled", 2, "assert scaled(2) == 20"),
    check("test-text", 1, "assert text.strip() == 'kept'"),
    answer("loud", "    return 1", "def loud():\n"),
    check("test-loud", 1, "assert loud() == 1"),
    by_hand("why", 1, "markdown", ""),
]
FILES = {
    "data.csv": "a,1\nb,2\nc,6\n",
    "helpers.py": "SCALE = 10\nEXPECTED = 3\n",
    "sub/notes.txt": "kept\n",
}


@dataclass
class Handed:
    """A submission in the making: the notebooks' cells by name, and files."""

    first: nbformat.NotebookNode
    second: nbformat.NotebookNode
    files: dict

    def __getitem__(self, name):
        return next(
            c
            for book in (self.first, self.second)
            for c in book.cells
            if c.metadata.get("nbgrader", {}).get("grade_id") == name
        )

    def solve(self):
        for source in (*FIRST, *SECOND):
            if source.metadata.get("nbgrader", {}).get("solution") and "BEGIN SOLUTION" in source.source:
                self[source.metadata.nbgrader.grade_id].source = source.source


def _wrong(h):
    h["mean"].source = "def mean(xs):\n    return sum(xs)"
    h["squares"].source = "def squares(xs):\n    return xs"
    h["numbers"].source = "numbers, total = [3, 1], 5"
    h["scaled"].source = "def scaled(x):\n    return x"


def _hidden(h):
    _level("0")(h)
    h["mean"].source = "def mean(xs):\n    return 2 if len(xs) == 3 else 0"


def _level(text):
    def change(h):
        h["level"].source = f"def level():\n    return {text}"

    return change


def _edited(h):
    _wrong(h)
    h["test-mean"].source = "pass"
    h["test-squares"].source = "3"
    h["test-squares"].metadata.nbgrader["points"] = 300
    h["test-scaled"].metadata.nbgrader["locked"] = False
    h["read"].source = "rows = []"


def _deleted(h):
    h.first.cells.remove(h["test-mean"])
    h.second.cells.remove(h["why"])


def _duplicated(h):
    twin = nbformat.from_dict(h["mean"])
    twin["id"] = "twin"
    twin.source = "def mean(xs):\n    return 0"
    h.first.cells.insert(h.first.cells.index(h["mean"]), twin)


def _stderr(h):
    h["loud"].source = "import warnings\ndef loud():\n    warnings.warn('careful')\n    return 1"
    h[
        "mean"
    ].source = "import sys\ndef mean(xs):\n    print('hm', file=sys.stderr)\n    return sum(xs) / len(xs)"


def _printing(h):
    _level("'two'")(h)
    h["mean"].source = "def mean(xs):\n    print('xs', xs)\n    return sum(xs) / len(xs)"
    h["loud"].source = "def loud():\n    display('shown')\n    return 1\nloud()"


def _syntax(h):
    h["mean"].source = "def mean(xs)\n    return 2"


def _own_cells(h):
    _level("-1")(h)
    h.first.cells.insert(0, new_code_cell("def add(xs):\n    return sum(xs)"))
    h["mean"].source = "def mean(xs):\n    return add(xs) / len(xs)"
    h.second.cells.append(new_code_cell("1 / 0"))


def _reordered(h):  # the student's order holds: the check comes before the answer
    test = h["test-mean"]
    h.first.cells.remove(test)
    h.first.cells.insert(0, test)


def _helper(h):
    h.files["helpers.py"] = "SCALE = 7\nEXPECTED = 3\n"
    h.files["mine.py"] = "FACTOR = 10\n"
    h.files["timestamp.txt"] = "2026-03-01 12:30:00 UTC\n"
    h["scaled"].source = "import mine\ndef scaled(x):\n    return mine.FACTOR * x"


def _by_hand(h):
    _level("float('nan')")(h)
    h["plot"].source = "print('a plot')"
    h["essay"].source = "Because."
    h["project"].source = "Done."
    h["why"].source = "So."


def _retyped(h):
    h.first.cells[h.first.cells.index(h["squares"])] = cell("squares", "not code", "markdown", solution=True)


def _claims(h):  # a cell of their own that says it is worth something
    h.second.cells.append(cell("bonus", "None", grade=True, locked=True, points=50))


def _written_for_the_second(h):
    h.first.cells.append(new_code_cell("open('helpers.py', 'w').write('SCALE = 0')"))
    h[
        "level"
    ].source = "import os\ndef level():\n    return 2 * (os.environ['NBGRADER_EXECUTION'] == 'autograde')"


STUDENTS = {
    "right": lambda h: None,
    "wrong": _wrong,
    "hidden": _hidden,
    "partial": _level("1.5"),
    "too-much": _level("7"),
    "blank": lambda h: None,
    "edited-tests": _edited,
    "deleted-test": _deleted,
    "no-second": lambda h: None,
    "duplicated": _duplicated,
    "stderr": _stderr,
    "printing": _printing,
    "syntax-error": _syntax,
    "own-cells": _own_cells,
    "reordered": _reordered,
    "own-helper": _helper,
    "by-hand": _by_hand,
    "retyped": _retyped,
    "claims": _claims,
    "environment": _written_for_the_second,
}
GIVEN_UP = {"too-much", "claims", "duplicated"}  # by nbgrader, with an error
STOCK = """
import sys
from nbgrader.apps import NbGraderAPI
api = NbGraderAPI()
for student in sys.argv[1:]:
    print(student, api.autograde("week1", student)["success"], flush=True)
"""


def environment():
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path}


def stock(root, *command):
    done = subprocess.run(
        [sys.executable, *command], cwd=root, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def make_source(root):
    folder = root / "source" / NAME
    for name, cells in {"first": FIRST, "second": SECOND}.items():
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), folder / f"{name}.ipynb")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    templates = Path(nbgrader.__file__).parent / "docs/source/user_guide/autotests.yml"
    shutil.copy(templates, root / "autotests.yml")
    return folder


def hand_in(root, student, change):
    released = root / "release" / NAME
    books = (nbformat.read(released / f"{name}.ipynb", as_version=4) for name in ("first", "second"))
    handed = Handed(*books, dict(FILES))
    if student != "blank":
        handed.solve()
    change(handed)
    folder = root / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(handed.first, folder / "first.ipynb")
    if student != "no-second":
        nbformat.write(handed.second, folder / "second.ipynb")
    for name, text in handed.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


@dataclass
class Both:
    """The same class, graded by nbgrader and by us: two folders."""

    stock: Course
    ours: Course
    succeeded: dict  # student -> nbgrader came to the end
    graded: dict  # student -> Graded


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    root = tmp_path_factory.mktemp("stock")
    make_source(root)
    stock(root, "-m", "nbgrader", "generate_assignment", NAME)
    for student, change in STUDENTS.items():
        hand_in(root, student, change)
    ours = tmp_path_factory.mktemp("ours")
    shutil.copytree(root / "source", ours / "source")
    shutil.copytree(root / "submitted", ours / "submitted")
    shutil.copy(root / "autotests.yml", ours)
    (ours / "nbgrader_config.py").write_text("raise SystemExit('executed')")
    graded = nbcourse.grade_class(Course(ours), nbcourse.Source(NAME), how=HOW)
    said = stock(root, "-c", STOCK, *STUDENTS)
    succeeded = {name: word == "True" for name, word in map(str.split, said.splitlines())}
    return Both(Course(root), Course(ours), succeeded, {g.student: g for g in graded})


def rows(course, student):
    """(notebook, cell) -> automatic mark and whether a person must look; (notebook, cell, "comment") -> comment."""
    with Gradebook(course.database_url) as book:
        found = {}
        for notebook in book.find_submission(NAME, student).notebooks:
            for grade in notebook.grades:
                found[notebook.name, grade.name] = (grade.auto_score, grade.needs_manual_grade)
            for comment in notebook.comments:
                found[notebook.name, comment.name, "comment"] = comment.auto_comment
        return found


def test_the_gradebook_holds_the_same_assignment(both):
    def cells(course):
        with Gradebook(course.database_url) as book:
            return {
                (notebook.name, c.name): (c.source, c.checksum, c.locked, c.cell_type)
                for notebook in book.find_assignment(NAME).notebooks
                for c in notebook.source_cells
            }

    stock = cells(both.stock)
    assert "sha1" in stock["first", "test-total"][0]  # autotests are written out
    assert cells(both.ours) == stock


@pytest.mark.parametrize("student", sorted(set(STUDENTS) - GIVEN_UP))
def test_marks_are_nbgraders(both, student):
    assert both.succeeded[student]
    assert both.graded[student].status == "graded"
    assert rows(both.ours, student) == rows(both.stock, student)


def test_the_class_tries_every_rule(both):
    """The comparison above means something: these marks, in nbgrader's own gradebook, differ as they should."""
    first = {student: rows(both.stock, student) for student in STUDENTS}
    assert first["right"]["first", "test-mean"] == (2, False)
    assert first["hidden"]["first", "test-mean"] == (0, False)
    assert first["wrong"]["first", "test-squares"] == (1, False)
    assert first["partial"]["first", "test-level"] == (1.5, False)
    assert first["own-cells"]["first", "test-level"] == (2, False)
    assert first["hidden"]["first", "test-level"] == (0, False)
    assert first["stderr"]["second", "test-loud"] == (0, False)
    assert first["wrong"]["first", "test-total"] == (0, False)
    assert first["own-helper"]["second", "test-scaled"] == (2, False)
    assert first["no-second"]["second", "why"] == (0, False)
    assert first["deleted-test"]["first", "test-mean"] == (None, True)
    assert first["reordered"]["first", "test-mean"] == (0, False)
    assert first["by-hand"]["first", "essay"] == (None, True)
    assert first["blank"]["first", "essay"] == (0, False)
    assert first["blank"]["first", "mean", "comment"] == "No response."
    assert first["environment"]["first", "test-level"] == (2, False)


def test_where_nbgrader_gives_up_ours_is_ungradable_and_for_a_person_to_look_at(both):
    given_up = {student for student, fine in both.succeeded.items() if not fine}
    assert given_up == GIVEN_UP
    given_up.remove("duplicated")  # nbgrader stumbles over the copy
    assert given_up == {student for student, g in both.graded.items() if g.status == "ungradable"}
    for student in given_up:
        found = rows(both.ours, student)
        assert {mark for key, mark in found.items() if len(key) == 2} == {(None, True)}
        # formgrader opens what lies in autograded/: the notebooks as students got them, with the reason
        shown = nbformat.read(both.ours.autograded / student / NAME / "first.ipynb", as_version=4)
        assert "could not be graded" in shown.cells[0].source
        text = "".join(cell.source for cell in shown.cells)
        assert "sum(xs)" not in text and "HIDDEN TESTS" not in text
        assert both.graded[student].reason in found.values()


def test_a_duplicated_cell_costs_nothing(both):
    """nbgrader takes the last copy for the answer and then fails on what is left of the other; the check comes after both."""
    assert rows(both.ours, "duplicated") == rows(both.ours, "right")
    assert "occurs twice" in both.graded["duplicated"].notes[0]


def test_the_time_of_handing_in_is_kept(both):
    def when(course):
        with Gradebook(course.database_url) as book:
            return book.find_submission(NAME, "own-helper").timestamp

    assert str(when(both.stock)) == "2026-03-01 12:30:00"
    assert when(both.ours) == when(both.stock)


def test_hidden_tests_are_not_told(both):
    page = both.ours.feedback / "hidden" / NAME / f"{NAME}.html"
    assert "A check that you do not see did not pass." in page.read_text()
    for path in both.ours.feedback.rglob("*.html"):
        assert CANARY not in path.read_text(), path


def test_what_was_graded_is_not_run_again_and_manual_marks_stay(both):
    with Gradebook(both.ours.database_url) as book:
        book.find_grade("essay", "first", NAME, "by-hand").manual_score = 4
        book.db.commit()
    before = rows(both.ours, "right")
    again = nbcourse.grade_class(both.ours, nbcourse.Source(NAME), how=HOW)
    kept = {g.student: g.seconds for g in again if g.status == "graded"}
    assert kept == {s: g.seconds for s, g in both.graded.items() if g.status == "graded"}
    assert rows(both.ours, "right") == before
    with Gradebook(both.ours.database_url) as book:
        grade = book.find_grade("essay", "first", NAME, "by-hand")
        assert (grade.manual_score, grade.score, grade.needs_manual_grade) == (4, 4, True)


def test_a_cell_that_never_returns_costs_its_own_marks(both, tmp_path):
    shutil.copytree(both.stock.root / "source", tmp_path / "source")
    shutil.copy(both.stock.database, tmp_path)  # the gradebook that nbgrader made is taken as it is
    shutil.copytree(both.stock.root / "submitted" / "right", tmp_path / "submitted" / "loops")
    path = tmp_path / "submitted" / "loops" / NAME / "first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for c in notebook.cells:
        if c.metadata.get("nbgrader", {}).get("grade_id") == "mean":
            c.source = "def mean(xs):\n    while True: pass"
    nbformat.write(notebook, path)
    (graded,) = nbcourse.grade_class(
        Course(tmp_path), nbcourse.Source(NAME), how=engine.How(seconds=1, split=False)
    )
    found = rows(Course(tmp_path), "loops")
    assert graded.status == "graded"
    assert found["first", "test-mean"] == (0, False)
    assert found["first", "test-squares"] == (3, False)
    assert found["second", "test-scaled"] == (2, False)


def test_the_command(both, tmp_path):
    make_source(tmp_path)
    runner = CliRunner()
    arguments = ["grade", "--course", str(tmp_path), "--room"]
    shutil.copy(both.stock.database, tmp_path)
    assert isinstance(runner.invoke(cli.app, [*arguments, "shared"]).exception, Refused)  # nothing handed in
    shutil.copytree(both.stock.root / "submitted" / "right", tmp_path / "submitted" / "right")
    split = runner.invoke(cli.app, [*arguments, "split"])
    assert isinstance(split.exception, Refused) and "--room shared" in str(split.exception)
    unknown = runner.invoke(cli.app, [*arguments, "shared", "week9"])
    assert isinstance(unknown.exception, Refused) and "week1" in str(unknown.exception)
    done = runner.invoke(cli.app, [*arguments, "shared"])
    assert done.exit_code == 0, done.exception
    assert "right" in done.stdout
    assert rows(Course(tmp_path), "right") == rows(both.stock, "right")
    # what such a room cannot keep out is told wherever the marks are
    assert done.stdout.count(SHARED) == 1
    assert runner.invoke(cli.app, ["report", "--course", str(tmp_path)]).exit_code == 0
    pages = [*tmp_path.glob("feedback/right/*/week1.*"), *tmp_path.glob("report/*.html")]
    assert {page.suffix for page in pages} == {".html", ".txt"} and len(pages) == 3
    for page in pages:
        assert SHARED.split(":")[0] in page.read_text(encoding="utf-8")


def test_a_mistyped_marker_that_students_have_already_is_told(tmp_path):
    """Where nbgrader has released it, grading goes on: one line says what is amiss, and where."""
    make_source(tmp_path)
    course = Course(tmp_path)
    (tmp_path / "submitted" / "ada" / NAME).mkdir(parents=True)
    nbcourse.load(course, NAME)
    path = tmp_path / "source" / NAME / "first.ipynb"
    path.write_text(path.read_text().replace("BEGIN HIDDEN TESTS", "BEGIN HIDEN TESTS"))
    arguments = ["grade", "--course", str(tmp_path), "--room", "shared", "--no-isolation"]
    ran = CliRunner().invoke(cli.app, arguments)
    assert ran.exit_code == 0, ran.output
    (told,) = [line for line in ran.output.splitlines() if "HIDEN" in line]
    assert told.startswith(
        f"source/{NAME}/first.ipynb, cell 'test-mean', line 2: '### BEGIN HIDEN TESTS' should"
    )
    path.write_text(path.read_text().replace("BEGIN HIDEN TESTS", "BEGIN HIDDEN TESTS"))
    assert nbcourse.slips(course, nbcourse.Source(NAME)) == []


def test_a_source_that_nbgrader_cannot_release_is_a_fault_of_the_course(tmp_path):
    folder = make_source(tmp_path)
    (tmp_path / "autotests.yml").unlink()
    (tmp_path / "submitted" / "ada" / NAME).mkdir(parents=True)
    with pytest.raises(CourseError, match="InstantiateTests"):
        nbcourse.load(Course(tmp_path), folder.name)
