"""Grade a whole class: worker processes run notebooks side by side, one writer enters the results."""

import json
import os
from dataclasses import dataclass
from typing import Any

import nbformat

from autograder.answers.assignment import Assignment
from autograder.answers.diagnose import Diagnosis
from autograder.answers.handed_in import Ungradable, printable, read_folder, student_of
from autograder.answers.results import Graded
from autograder.classroom import feedback, gradebook, journal
from autograder.classroom.grade import HOW, grade_handed_in, prepare, save, ungradable
from autograder.classroom.journal import Journal
from autograder.classroom.pool import Died, Pool, side_by_side
from autograder.errors import Refused, cannot_write
from autograder.rooms import engine


def folders(course, made):
    """The students' folders for an assignment, in order.  Raises ``Refused`` where there is none."""
    found = sorted(
        (path for path in course.submitted.glob(f"*/{made.name}") if path.is_dir()), key=os.fsencode
    )
    if not found:
        raise Refused(
            f"No submissions for {made.name}: expected {course.submitted}/<student>/{made.name}/{made.name}.ipynb."
        )
    return found


@dataclass
class Steps:
    """What differs between this course's assignments and another's."""

    prepare: Any  # () -> None, before the first submission that is not known already
    read: Any  # folder -> HandedIn, once; raises Ungradable
    digest: Any  # HandedIn -> the digest of all that its result depends on
    grade: Any  # HandedIn -> (Graded, name -> executed notebook, or None)
    record: Any  # (book, folder, Graded, notebooks) -> None


def grade_class(course, made: Assignment, *, workers=2, fresh=False, how=HOW, done=lambda graded: None):
    """Grade every submission of an assignment and write gradebook and feedback.  Returns the results, by student.

    What is in the journal is not run again, unless ``fresh``.  ``done`` is called with each result as it comes.
    A fault in grading one submission never stops the next.
    """
    engine.start(how, course.folders)  # it imports torch while the gradebook is made
    gradebook.record_assignment(course, made)
    diagnosis = Diagnosis(made)
    digest = journal.digests(how, nbformat.v4.writes(made.solution))

    def get_ready():
        _, seen = side_by_side(lambda: prepare(made, diagnosis, how), diagnosis.observe_all)
        diagnosis.take(seen)

    steps = Steps(
        prepare=get_ready,
        read=lambda folder: read_folder(folder, beside=False),
        digest=lambda handed_in: digest(sorted(handed_in.files.items())),
        grade=lambda handed_in: grade_handed_in(handed_in, made, diagnosis, how=how),
        record=lambda book, _folder, graded, _notebooks: gradebook.record(book, graded),
    )
    return grade_each(course, made, steps, workers=workers, fresh=fresh, how=how, done=done)


def grade_each(course, made, steps, *, workers, fresh, how, done):
    """The way of every class: look up, prepare, grade side by side, write one after the other."""
    known = Journal(course)
    results, unknown = [], []

    def enter(book, folder, graded, notebooks):
        steps.record(book, folder, graded, notebooks)
        results.append(graded)
        done(graded)

    def work(folder):
        try:
            return _graded(course, folder, made, steps, known)
        except OSError as fault:  # the disk is full, say: no submission's fault
            raise cannot_write(fault) from None

    with gradebook.opened(course) as book:
        for folder in folders(course, made):
            found = None if fresh else _known(folder, steps, known)
            if found is None:
                unknown.append(folder)
            else:
                _write(course, *found)
                enter(book, folder, *found)
    if unknown:
        engine.ready(how)
        steps.prepare()
        # no connection to the gradebook stands open while processes are forked
        with Pool(work, min(workers, len(unknown))) as pool, gradebook.opened(course) as book:
            for folder, result in pool.results(unknown):
                if isinstance(result, Died):
                    reason = (
                        "The grader's own process ended at this notebook, twice. Grade it alone to see why."
                    )
                    result = ungradable(student_of(folder), made.name, reason), None
                    _write(course, *result)
                enter(book, folder, *result)
    results.sort(key=lambda graded: graded.student)
    _keep_results(course, made.name, results)
    return results


def _results_path(course, assignment):
    return course.root / ".grading" / f"{assignment}.jsonl"


def _keep_results(course, assignment, results):
    """For ``results_of``; whole or not at all."""
    path = _results_path(course, assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    with whole.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(graded.as_dict()) + "\n" for graded in results)
    whole.replace(path)


def results_of(course, assignment):
    """What the last complete ``grade`` of an assignment found, by student.  Raises ``Refused`` where there was none."""
    try:
        with _results_path(course, assignment).open(encoding="utf-8") as file:
            return [Graded.from_dict(json.loads(line)) for line in file]
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(f"{assignment} has not been graded in {course.root}. Run `grade` first.") from None


def graded_assignments(course):
    """The assignments that ``results_of`` knows."""
    return sorted(path.stem for path in (course.root / ".grading").glob("*.jsonl"))


def _known(folder, steps, journal):
    """What an earlier run found for the very bytes that lie there now, or None."""
    try:
        handed_in = steps.read(folder)
    except (OSError, Ungradable):  # grading will say so
        return None
    return journal.find(steps.digest(handed_in), handed_in.student)


def _graded(course, folder, made, steps, journal):
    """Read one folder, grade what was read, and keep and write the result.  Whatever goes wrong is told of this folder alone."""
    digest = None
    try:
        handed_in = steps.read(folder)
        digest = steps.digest(handed_in)
        graded, notebooks = steps.grade(handed_in)
    except Ungradable as reason:
        graded, notebooks = ungradable(student_of(folder), made.name, reason), None
    except Exception as fault:
        reason = f"The grader failed on this submission ({type(fault).__name__}: {fault})."
        graded, notebooks = ungradable(student_of(folder), made.name, reason), None
    try:
        if notebooks is not None:
            journal.keep(digest, graded, notebooks)
        _write(course, graded, notebooks)
    except OSError:
        raise
    except Exception as fault:
        reason = f"The result could not be written ({type(fault).__name__}: {printable(str(fault))})."
        graded, notebooks = ungradable(student_of(folder), made.name, reason), None
        _write(course, graded, notebooks)
    return graded, notebooks


def _write(course, graded, notebooks):
    """The student's page, and the executed notebooks for formgrader."""
    feedback.write(course, graded)
    for name, notebook in (notebooks or {}).items():
        save(notebook, course, graded.student, graded.assignment, name)
