"""What an instructor decides arrives: gradebook, page, report, export, formgrader and nbgrader's own commands say the same."""

import csv
import datetime
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp, NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from nbgrader.utils import notebook_hash
from traitlets.config import Config, PyFileConfigLoader
from typer.testing import CliRunner

from autograder import cli
from autograder.answers import assignment
from autograder.authoring import demo, release
from autograder.classroom import feedback, gradebook, grading, handins, late, lms, nbexport, report
from autograder.errors import Refused
from autograder.paths import ROOT, Course

NAME = "01-visual-attention"
SECRET = "a-secret-of-the-exchange"
CONFIG = """
import sys
import tempfile
from pathlib import Path

c = get_config()
c.CourseDirectory.course_id = "attention"
c.CourseDirectory.root = str(Path(__file__).parent)
c.CourseDirectory.release_directory = "exercises"
c.Exchange.root = str(Path(__file__).parent / "exchange")
c.AssignLatePenalties.plugin_class = "by_the_hour.ByTheHour"
c.ExportApp.plugin_class = "autograder.classroom.nbexport.CsvExport"
"""
PLUGIN = """
from nbgrader.plugins import BasePlugin

class ByTheHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600
"""


def hand_in(course, student, content, when=None, secret=None):
    folder = course.submitted / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else nbformat.writes(content)
    (folder / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
    if when:
        (folder / "timestamp.txt").write_text(when)
    if secret:
        (folder / "submission_secret.txt").write_text(secret)


def nbgrader(course, *arguments):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(course.root)}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class in which a person has decided much: who is late, what is marked by hand, what is said."""
    course, made = Course(tmp_path_factory.mktemp("class")), assignment.load(NAME)
    (course.root / "nbgrader_config.py").write_text(CONFIG)
    (course.root / "by_the_hour.py").write_text(PLUGIN)
    (course.root / "exchange").mkdir()
    (course.root / "exchange").chmod(0o777)  # as an exchange is
    release.write_source(made, course)
    right = demo.answered(made, demo.solved(made))
    wrong = demo.solved(made) | {"softmax": "def softmax(scores, axis=-1):\n    return scores"}
    hand_in(course, "late", right, "2026-03-01 16:00:00 UTC", SECRET)
    hand_in(course, "in-time", right, "2026-03-01 11:00:00.5 UTC")
    hand_in(course, "by-hand", demo.answered(made, wrong))
    hand_in(course, "damaged", "{", "2026-03-01 11:00:00 UTC")
    hand_in(course, "damaged-and-marked", "{")
    with gradebook.opened(course) as book:
        book.update_or_create_assignment(NAME, duedate=datetime.datetime(2026, 3, 1, 12))
    grading.grade_class(course, made)
    with Gradebook(course.database_url) as book:
        decide(book.find_submission_notebook(NAME, NAME, "by-hand"))
        for grade in book.find_submission_notebook(NAME, NAME, "damaged-and-marked").grades:
            grade.manual_score = 0.5
        book.db.commit()
    return course


def decide(notebook):
    for grade in notebook.grades:
        if grade.name.startswith("test-softmax"):
            grade.manual_score = 0.5
        if grade.name == "test-scanpath-by-hand":
            grade.extra_credit = 2.0
    next(c for c in notebook.comments if c.name == "softmax").manual_comment = "Read <section> 3 & ask me."


def of_gradebook(course):
    with Gradebook(course.database_url) as book:
        return {
            row.student.id: max(0.0, row.score - row.late_submission_penalty)
            for row in book.assignment_submissions(NAME)
        }


def of_pages(course):
    found = {}
    for folder in handins.students(course):
        said = re.search(r"<strong>([\d.]+) of", feedback.path(course, folder.name, NAME).read_text())
        found[folder.name] = float(said[1]) if said else 0.0
    return found


def of_nbgrader(course):
    nbgrader(course, "export", "--to", "grades.csv")
    with (course.root / "grades.csv").open() as file:
        return {
            row["student_id"]: float(row["score"]) if row["score"] else None
            for row in csv.DictReader(file)
            if row["assignment"] == NAME
        }


def everywhere_the_same(course):
    known = of_gradebook(course)
    results = {graded.student: graded for graded in grading.results_of(course, NAME)}
    assert {name: graded.score for name, graded in results.items()} == pytest.approx(known)
    exported = {mark.student: mark.score for mark in lms.marks(course, [NAME])}
    assert of_nbgrader(course) == pytest.approx(exported)
    assert exported.pop("damaged") is None, "not graded is not zero"
    assert exported == pytest.approx({name: score for name, score in known.items() if name != "damaged"})
    assert of_pages(course) == pytest.approx(known)
    found = report.of(NAME, list(results.values()))
    assert sorted(graded.score for graded in found.graded) == pytest.approx(sorted(exported.values()))
    return known


def pages(course):
    for graded in grading.results_of(course, NAME):
        feedback.write(course, graded)


def test_all_say_the_same(course):
    pages(course)
    known = everywhere_the_same(course)
    full = sum(exercise.max_points for exercise in assignment.load(NAME).exercises)
    assert known["late"] == full - 4
    assert known["in-time"] == full
    softmax = next(e for e in assignment.load(NAME).exercises if e.id == "softmax")
    others = full - softmax.max_points
    lost = {"soft_attention": 3.0}  # it uses softmax
    assert known["by-hand"] == pytest.approx(
        others + 0.5 * len(softmax.tests) + 2 - sum(lost.values()), abs=3
    )


def test_what_was_decided_is_on_the_page(course):
    pages(course)
    page = feedback.path(course, "by-hand", NAME).read_text()
    assert "Read &lt;section&gt; 3 &amp; ask me." in page and "marked by hand" in page
    assert (
        "Read <section> 3 & ask me." in feedback.path(course, "by-hand", NAME).with_suffix(".txt").read_text()
    )
    assert "4 hours late: 4 points less" in feedback.path(course, "late", NAME).read_text()
    assert "late" not in feedback.path(course, "in-time", NAME).read_text().partition("</style>")[2]
    assert "marked by hand" in feedback.path(course, "damaged-and-marked", NAME).read_text()


def test_a_regrade_keeps_what_was_decided_and_says_it_at_once(course):
    before = of_gradebook(course)
    for fresh in (False, True):
        grading.grade_class(course, assignment.load(NAME), fresh=fresh)
        assert everywhere_the_same(course) == before


def test_a_mark_that_is_taken_back_is_taken_back(course):
    graded = {g.student: g for g in grading.results_of(course, NAME)}["by-hand"]
    with Gradebook(course.database_url) as book:
        for grade in book.find_submission_notebook(NAME, NAME, "by-hand").grades:
            grade.manual_score = None
        book.db.commit()
    again = {g.student: g for g in grading.results_of(course, NAME)}["by-hand"]
    assert again.score < graded.score
    with Gradebook(course.database_url) as book:
        decide(book.find_submission_notebook(NAME, NAME, "by-hand"))
        book.db.commit()


def test_an_extension_counts(course):
    with Gradebook(course.database_url) as book:
        book.find_submission(NAME, "late").extension = datetime.timedelta(hours=3)
        book.db.commit()
    grading.grade_class(course, assignment.load(NAME))
    assert of_gradebook(course)["late"] == of_gradebook(course)["in-time"] - 1
    with Gradebook(course.database_url) as book:
        book.find_submission(NAME, "late").extension = None
        book.db.commit()
    grading.grade_class(course, assignment.load(NAME))


@pytest.mark.parametrize("command", ["export", "report", "feedback"])
def test_a_date_that_is_entered_after_grading_counts(course, command):
    """Whoever enters one sees no mark without the penalty, and is told whose marks it changes."""

    def due(when):
        with Gradebook(course.database_url) as book:
            book.update_or_create_assignment(NAME, duedate=when)

    before = of_gradebook(course)
    due(datetime.datetime(2026, 3, 1, 11, 30))
    ran = CliRunner().invoke(cli.app, [command, NAME, "--course", str(course.root)])
    assert ran.exit_code == 0, ran.output
    pages(course)
    after = everywhere_the_same(course)
    assert after == before | {"late": before["late"] - 0.5}
    told = [line for line in ran.output.splitlines() if "being late" in line]
    assert len(told) == 1 and "for late;" in told[0]
    again = CliRunner().invoke(cli.app, [command, NAME, "--course", str(course.root)])
    assert "being late" not in again.output, "once is enough"
    due(datetime.datetime(2026, 3, 1, 12))
    assert late.settled(course, [NAME])
    pages(course)
    assert of_gradebook(course) == before


def test_formgrader_sees_every_hand_in(course):
    config = Config()
    config.CourseDirectory.root, config.CourseDirectory.course_id = str(course.root), "attention"
    config.CourseDirectory.db_url, config.CourseDirectory.release_directory = course.database_url, "exercises"
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    seen = {row["student"]: row for row in api.get_submissions(NAME)}
    assert set(seen) == {folder.name for folder in handins.students(course)}
    assert all(row["autograded"] for row in seen.values()), "formgrader opens what lies in autograded/"
    assert seen["damaged"]["needs_manual_grade"]
    listed = api.get_notebook_submissions(NAME, NAME)
    assert {row["student"] for row in listed} == set(seen)
    told = nbformat.read(course.autograded / "damaged" / NAME / f"{NAME}.ipynb", as_version=4)
    assert "valid JSON" in told.cells[0].source
    assert seen["late"]["timestamp"].startswith("2026-03-01T16:00")


def test_the_exchange_gives_pages_back(course):
    pages(course)
    nbgrader(course, "release_feedback", NAME, "--course", "attention")
    released = course.root / "exchange" / "attention" / "feedback"
    page = released / f"{notebook_hash(secret=SECRET, notebook_id=NAME)}.html"
    assert page.read_text() == feedback.path(course, "late", NAME).read_text()
    assert len(list(released.glob("*.html"))) == len(handins.students(course))
    nbgrader(course, "release_feedback", NAME, "--course", "attention")
    assert len(list(released.glob("*.html"))) == len(handins.students(course)), (
        "the same pages under the same names"
    )


def test_nbgraders_own_pages_stay(course):
    nbgrader(course, "generate_feedback", NAME)  # it passes over what is there
    assert feedback.path(course, "late", NAME).read_text().count("<title>Feedback") == 1
    nbgrader(course, "generate_feedback", NAME, "--force", "--student", "late")
    theirs = feedback.path(course, "late", NAME).read_text()
    assert "<title>Feedback" not in theirs
    grading.grade_class(course, assignment.load(NAME))
    assert feedback.path(course, "late", NAME).read_text() == theirs
    ours = feedback.path(course, "late", NAME).with_name(f"{NAME}-hints.html")
    assert "4 points less" in ours.read_text()
    nbgrader(course, "release_feedback", NAME, "--course", "attention")
    for path in (feedback.path(course, "late", NAME), ours, ours.with_suffix(".txt")):
        path.unlink()


def test_without_a_rule_what_is_there_stays(tmp_path):
    """A penalty may have come from another tool."""
    course, made = Course(tmp_path), assignment.load(NAME)
    hand_in(course, "ada", demo.answered(made, demo.solved(made)))
    grading.grade_class(course, made)
    with Gradebook(course.database_url) as book:
        book.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty = 4.0
        book.db.commit()
    (graded,) = grading.grade_class(course, made)
    (mark,) = lms.marks(course, [NAME])
    assert graded.score == mark.score == graded.max_score - 4


def test_the_projects_own_configuration_can_be_read():
    assert late.rules(Course(ROOT)).nbgraders is None


def test_the_projects_own_configuration_exports_no_zero_for_what_was_not_graded():
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    assert ExportApp(config=config).plugin_class is nbexport.CsvExport


def test_nbgraders_table_is_the_stock_one_but_for_what_has_no_mark(course, tmp_path):
    with Gradebook(course.database_url) as book:
        book.update_or_create_student("none", last_name="of, these", first_name="=HYPERLINK()")
        rows = {}
        for make in (CsvExportPlugin, nbexport.CsvExport):
            plugin = make(to=str(tmp_path / "grades.csv"), student=["late", "damaged"])
            plugin.export(book)
            rows[make] = list(csv.DictReader((tmp_path / "grades.csv").open()))
        nbexport.CsvExport(to=str(tmp_path / "grades.csv"), student=["none"], assignment=[NAME]).export(book)
        book.remove_student("none")
    (none,) = csv.DictReader((tmp_path / "grades.csv").open())
    assert (none["last_name"], none["first_name"], none["score"]) == ("of, these", "'=HYPERLINK()", "0.0")
    theirs, ours = rows.values()
    assert [list(row) for row in theirs] == [list(row) for row in ours]
    assert [row | {"raw_score": "", "score": ""} for row in theirs if row["student_id"] == "damaged"] == [
        row for row in ours if row["student_id"] == "damaged"
    ]
    assert [row for row in theirs if row["student_id"] == "late"] == [
        row for row in ours if row["student_id"] == "late"
    ]


def test_a_faulty_configuration_is_told(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(Refused, match=r"nbgrader_config\.py: .* cannot be read \(SyntaxError"):
        late.rules(Course(tmp_path))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", None),
        ("c.LateSubmissionPlugin.penalty_method = 'none'", None),
        ("# c.LateSubmissionPlugin.penalty_method = 'zero'", None),
        ("raise SystemExit\nc.LateSubmissionPlugin.penalty_method = 'zero'", "LateSubmissionPlugin"),
        ("if True:\n    c.LateSubmissionPlugin.penalty_method = 'zero'", "LateSubmissionPlugin"),
        ("c.AssignLatePenalties.plugin_class = 'by_the_hour_too.ByTheHour'", "ByTheHour"),
        (
            "from by_the_hour_too import ByTheHour as Mine\nc.AssignLatePenalties.plugin_class = Mine",
            "ByTheHour",
        ),
    ],
)
def test_the_late_rule_is_read_and_nothing_is_run(tmp_path, text, rule):
    (tmp_path / "by_the_hour_too.py").write_text(PLUGIN)
    (tmp_path / "nbgrader_config.py").write_text(text)
    found = late.rules(Course(tmp_path)).nbgraders
    assert (found and type(found.plugin_inst).__name__) == rule


# --- where hand-ins lie


def test_what_lies_a_little_beside_is_graded_or_named(tmp_path):
    course, made = Course(tmp_path), assignment.load(NAME)
    text = nbformat.writes(made.released)
    where = {
        "a": f"a/{NAME}/{NAME}.ipynb",
        "b": f"b/{NAME.replace('-', '_')}/mine.ipynb",
        "c": f"c/{NAME.upper()}/{NAME}.ipynb",
        "d": f"d/{NAME}.ipynb",
        "e": f"e/{NAME}/work/{NAME}.ipynb",
        "f": "f/hw1/x.ipynb",
        "g": "g.ipynb",
        "h": "h/03-query-key-value/03-query-key-value.ipynb",
        ".git": f".git/{NAME}/{NAME}.ipynb",
        "__MACOSX": f"__MACOSX/{NAME}/{NAME}.ipynb",
        ".ipynb_checkpoints": f".ipynb_checkpoints/{NAME}/{NAME}.ipynb",
    }
    for path in where.values():
        (course.submitted / path).parent.mkdir(parents=True, exist_ok=True)
        (course.submitted / path).write_text(text)
    found = grading.places(course, made)
    assert [place.student for place in found] == list("abcde")
    assert [bool(place.note) for place in found] == [False, True, True, True, False]
    for place in found:
        assert len(place.read(beside=False).notebooks()) == 1
    told = grading.passed_over(course, found)
    assert [line.partition(" ")[0] for line in told] == ["g.ipynb", "f/hw1/x.ipynb"]


def test_a_folder_full_of_notebooks_is_named_briefly(tmp_path):
    course = Course(tmp_path)
    (course.submitted / "ada" / "all").mkdir(parents=True)
    for number in range(100):
        (course.submitted / "ada" / "all" / f"{number}.ipynb").touch()
    told = grading.passed_over(course, [])
    assert len(told) == handins.MOST_NAMED + 1 and "80 notebooks more" in told[-1]


@pytest.fixture
def readable_by_few():
    """A class's folder, and whoever looks has no more rights than its permissions give: a superuser has all."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        course.submitted.mkdir()
        course.root.chmod(0o755)
        user = os.geteuid()
        yield course, lambda: user or os.seteuid(65534)
        os.seteuid(user)
        for path in course.root.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755)


def test_what_cannot_be_read_is_named_and_the_others_are_graded(readable_by_few):
    course, look = readable_by_few
    for student in ("ada", "closed"):
        hand_in(course, student, "{}")
    (course.submitted / "ada" / "more").mkdir()
    (course.submitted / "gone").symlink_to("nowhere")
    for path in (course.submitted / "closed", course.submitted / "ada" / "more"):
        path.chmod(0)
    look()
    found = handins.places(course, NAME)
    assert [place.student for place in found] == ["ada"]
    told = handins.passed_over(course, found)
    assert sorted(line.partition(" was not graded: it cannot be read")[0] for line in told) == [
        "ada/more",
        "closed",
        "gone",
    ]


@pytest.mark.parametrize(("beside", "status"), [(None, 0), ("bob/elsewhere/x.ipynb", 1), ("bob/note.txt", 1)])
def test_the_status_says_whether_something_was_passed_over(tmp_path, beside, status):
    course = Course(tmp_path)
    hand_in(course, "ada", "{")  # it has its reason: that is looked at
    if beside:
        (course.submitted / beside).parent.mkdir(parents=True)
        (course.submitted / beside).touch()
    ran = CliRunner().invoke(cli.app, ["grade", NAME, "--course", str(tmp_path), "--no-isolation"])
    assert ran.exit_code == status, ran.output
    assert "bob" not in ran.output if beside is None else "was not graded" in ran.output
    assert lms.marks(course, [NAME])[0].student == "ada"
