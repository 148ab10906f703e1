"""A fault of the grader's own: one sentence, and the whole traceback in a log beside the results."""

import logging
import subprocess
import sys
from importlib.metadata import version

import pytest
import typer

from autograder import cli, faults
from autograder.answers import assignment
from autograder.answers.results import Graded
from autograder.classroom import grading
from autograder.classroom.handins import Place
from autograder.errors import CourseError, Refused
from autograder.paths import Course


@pytest.fixture
def log():
    """The grader's logger as the command finds it, and as it was afterwards."""
    before = faults.log.handlers[:], faults.log.level, logging.raiseExceptions
    faults.log.handlers[:] = []
    yield faults.log
    for handler in faults.log.handlers:
        handler.close()
    faults.log.handlers[:], level, logging.raiseExceptions = before
    faults.log.setLevel(level)


def command(monkeypatch, tmp_path, fault, *options):
    """Run a command that ends in a fault, with ``tmp_path`` as its class."""
    app = typer.Typer()

    @app.command()
    def stumble(verbose: cli.Verbose = False):
        raise fault

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["autograder", *options])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


def test_a_fault_of_the_grader_is_a_sentence_that_names_the_log(log, monkeypatch, tmp_path, capsys):
    assert command(monkeypatch, tmp_path, ZeroDivisionError("a slip")) == 1
    said = capsys.readouterr().err
    assert "The grader has a fault (ZeroDivisionError: a slip)." in said and "Traceback" not in said
    assert str(tmp_path / faults.NAME) in said.replace("\n", "")
    written = (tmp_path / faults.NAME).read_text()
    assert "Traceback" in written and "raise fault" in written and "ZeroDivisionError: a slip" in written


@pytest.mark.parametrize(
    ("fault", "code"), [(Refused("Do it so."), 2), (CourseError("it"), 1), (RuntimeError("x"), 1)]
)
def test_verbose_shows_where_a_sentence_comes_from(log, monkeypatch, tmp_path, capsys, fault, code):
    assert command(monkeypatch, tmp_path, fault, "--verbose") == code
    assert "raise fault" in capsys.readouterr().err


def test_a_refusal_leaves_no_log(log, monkeypatch, tmp_path):
    assert command(monkeypatch, tmp_path, Refused("Do it so.")) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_is_no_second_fault(log, monkeypatch, tmp_path, capsys):
    (tmp_path / faults.NAME).mkdir()
    assert command(monkeypatch, tmp_path, ZeroDivisionError("a slip")) == 1
    said = capsys.readouterr().err
    assert "a slip" in said and cli.NO_LOG in said and "Traceback" not in said


def test_a_log_obeys_no_text(log, tmp_path):
    faults.keep(tmp_path)
    faults.record("ada\x1b]0;mine\x07", ValueError("\x1b[2Jgone\u202e\n2026-01-01 12:00:00,000 eve: forged"))
    written = (tmp_path / faults.NAME).read_text()
    assert [line for line in written.splitlines() if not line.startswith(" ")] == [written.splitlines()[0]]
    assert "ValueError: gone" in written and "\x1b" not in written and "\u202e" not in written


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("read", "The grader failed on this submission (KeyError)"),
        ("keep", "The result could not be written (KeyError)"),
    ],
)
def test_a_submission_on_which_the_grader_fails_is_in_the_log_and_the_sentence_says_where(
    log, tmp_path, step, said
):
    made = assignment.load("01-visual-attention")

    class Steps:
        def read(self, place):
            fail("read")

        def digest(self, handed_in):
            return "digest"

        def grade(self, handed_in):
            return Graded("ada", made.name), {}

        def released(self):
            return {}

        def keep(self, digest, graded, notebooks):  # the journal's
            fail("keep")

    def fail(here):
        if here == step:
            raise KeyError("nobody thought of this")

    faults.keep(tmp_path)
    place = Place("ada", tmp_path / "submitted" / "ada" / made.name)
    graded, notebooks = grading._graded(Course(tmp_path), place, made, Steps(), Steps())
    assert graded.status == "ungradable" and notebooks is None
    assert said in graded.reason
    assert "nobody" not in graded.reason and faults.NAME in graded.reason
    assert (tmp_path / "feedback" / "ada" / made.name).is_dir()  # the student is told, too
    written = (tmp_path / faults.NAME).read_text()
    assert "ada, 01-visual-attention" in written and f"in {step}" in written
    assert str(tmp_path / faults.NAME) in faults.told()


def test_every_command_has_verbose():
    group = typer.main.get_command(cli.app)
    for name, found in group.commands.items():
        assert any("--verbose" in option.opts for option in found.params), name


def test_the_version_is_the_package_s():
    asked = [sys.executable, "-m", "autograder", "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert said.strip() == version("attention-course")
