"""Grade a whole class: worker processes run notebooks side by side, one writer enters the results."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import nbformat
from nbgrader.api import Gradebook

from autograder import faults
from autograder.answers import assignment as assignments
from autograder.answers import submission
from autograder.answers.assignment import Assignment
from autograder.answers.diagnose import Diagnosis
from autograder.answers.handed_in import HandedIn, Ungradable
from autograder.answers.results import Graded
from autograder.classroom import feedback, gradebook, handins, journal, late
from autograder.classroom.grade import grade_handed_in, prepare, save, ungradable
from autograder.classroom.handins import Place
from autograder.classroom.journal import Journal, Notebooks
from autograder.classroom.pool import Died, Pool, side_by_side
from autograder.errors import Refused, cannot_write
from autograder.paths import Course
from autograder.rooms import engine
from autograder.rooms.engine import HOW, How


class Named(Protocol):
    """An assignment, of this course or another."""

    @property
    def name(self) -> str: ...


def places(course: Course, assignment: Named) -> list[Place]:
    """The hand-ins for an assignment, in order.  Raises ``Refused`` where there is none."""
    found = handins.places(course, assignment.name)
    if not found:
        raise Refused(
            f"No submissions for {assignment.name}: expected {course.submitted}/<student>/{assignment.name}/{assignment.name}.ipynb."
        )
    return found


def has_places(course: Course, assignment: Named) -> bool:
    """Whether anybody has handed in an assignment."""
    return bool(handins.places(course, assignment.name))


def passed_over(course: Course, taken: Iterable[Place]) -> list[str]:
    """Sentences on notebooks that are neither among the ``taken`` places nor hand-ins for another assignment that is known."""
    known = {*assignments.names(), *(path.name for path in course.source.glob("*") if path.is_dir())}
    others = [place for name in sorted(known) for place in handins.places(course, name)]
    return handins.passed_over(course, [*taken, *others])


Result = tuple[Graded, Notebooks | None]  # with the executed notebooks, where the submission could be graded


@dataclass
class Steps:
    """What differs between this course's assignments and another's."""

    prepare: Callable[[], object]  # before the first submission that is not known already
    read: Callable[[Place], HandedIn]  # once; raises Ungradable
    digest: Callable[[HandedIn], str]  # of all that its result depends on
    grade: Callable[[HandedIn], Result]
    record: Callable[[Gradebook, Place, Graded, Notebooks | None], None]
    released: Callable[[], Notebooks]  # as students got them


def grade_class(
    course: Course,
    assignment: Assignment,
    *,
    workers: int = 2,
    fresh: bool = False,
    how: How = HOW,
    done: Callable[[Graded], object] = lambda graded: None,
) -> list[Graded]:
    """Grade every submission of an assignment and write gradebook and feedback.  Returns the results, by student.

    What is in the journal is not run again, unless ``fresh``.  ``done`` is called with each result as it comes.
    A fault in grading one submission never stops the next.
    """
    engine.start(how, course.folders)  # it imports torch while the gradebook is opened
    gradebook.record_assignment(course, assignment)
    diagnosis = Diagnosis(assignment)
    digest = journal.digests(how, nbformat.v4.writes(assignment.solution))

    def get_ready() -> None:
        _, seen = side_by_side(lambda: prepare(assignment, diagnosis, how), diagnosis.observe_all)
        diagnosis.take(seen)

    steps = Steps(
        prepare=get_ready,
        read=lambda place: place.read(beside=False),
        digest=lambda handed_in: digest(sorted(handed_in.files.items())),
        grade=lambda handed_in: grade_handed_in(handed_in, assignment, diagnosis, how=how),
        record=lambda book, place, graded, _notebooks: gradebook.record(book, graded, place.when()),
        released=lambda: {assignment.name: assignment.released},
    )
    return grade_each(course, assignment, steps, workers=workers, fresh=fresh, how=how, done=done)


def grade_each(
    course: Course,
    assignment: Named,
    steps: Steps,
    *,
    workers: int,
    fresh: bool,
    how: How,
    done: Callable[[Graded], object],
) -> list[Graded]:
    """The way of every class: look up, prepare, grade side by side, write one after the other."""
    known = Journal(course)
    results: list[tuple[Graded, Graded]] = []  # as the grader found it, and with what a person entered
    unknown: list[Place] = []

    def enter(book: Gradebook, place: Place, graded: Graded, notebooks: Notebooks | None) -> None:
        steps.record(book, place, graded, notebooks)
        rules.apply(book, graded.assignment, graded.student)
        final = gradebook.decided(book, graded)
        if final != graded:  # what a person entered is on the page, too
            feedback.write(course, final)
        results.append((graded, final))
        done(final)

    def work(place: Place) -> Result:
        try:
            return _graded(course, place, assignment, steps, known)
        except OSError as fault:  # the disk is full, say: no submission's fault
            raise cannot_write(fault) from None

    rules = late.rules(course)
    with gradebook.opened(course) as book:
        for place in places(course, assignment):
            found = None if fresh else _known(place, steps, known)
            if found is None:
                unknown.append(place)
            else:
                _write(course, place, steps, *found)
                enter(book, place, *found)
    if unknown:
        engine.ready(how)
        steps.prepare()
        # no connection to the gradebook stands open while processes are forked
        with Pool(work, min(workers, len(unknown))) as pool, gradebook.opened(course) as book:
            for place, result in pool.results(unknown):
                if isinstance(result, Died):
                    reason = (
                        "The grader's own process ended at this notebook, twice. Grade it alone to see why."
                    )
                    result = ungradable(place.student, assignment.name, reason), None
                    _write(course, place, steps, *result)
                enter(book, place, *result)
    results.sort(key=lambda pair: pair[0].student)
    _keep_results(course, assignment.name, [graded for graded, _ in results])
    return [final for _, final in results]


def _results_path(course: Course, assignment: str) -> Path:
    return course.root / ".grading" / f"{assignment}.jsonl"


def _keep_results(course: Course, assignment: str, results: Iterable[Graded]) -> None:
    """For ``results_of``; whole or not at all."""
    path = _results_path(course, assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    with whole.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(graded.as_dict()) + "\n" for graded in results)
    whole.replace(path)


def results_of(course: Course, assignment: str) -> list[Graded]:
    """What the last complete ``grade`` of an assignment found, by student, with what the gradebook says by now.

    Raises ``Refused`` where there was none.
    """
    found = last_found(course, assignment)
    if found is None:
        raise Refused(f"{assignment} has not been graded in {course.root}. Run `grade` first.")
    if not course.database.is_file():
        return found
    with gradebook.read(course) as book:
        return [gradebook.decided(book, graded) for graded in found]


def last_found(course: Course, assignment: str) -> list[Graded] | None:
    """What the grader itself found when an assignment was graded last, by student; None where it was not."""
    try:
        with _results_path(course, assignment).open(encoding="utf-8") as file:
            return [Graded.from_dict(json.loads(line)) for line in file]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def marked_before(before: Iterable[Graded], after: Iterable[Graded], results: Iterable[Graded]) -> list[str]:
    """The students whose hand-in the grader finds otherwise than ``before`` while marks that a person gave stand.

    ``before`` and ``after`` are what it found itself, ``results`` holds what a person entered, too.
    """
    known = {graded.student: replace(graded, seconds=0.0) for graded in before}
    other = {
        graded.student
        for graded in after
        if graded.student in known and replace(graded, seconds=0.0) != known[graded.student]
    }
    by_hand = (
        graded.student
        for graded in results
        if any(check.by_hand for o in graded.outcomes for check in o.checks)
    )
    return [student for student in by_hand if student in other]


def graded_assignments(course: Course) -> list[str]:
    """The assignments that ``results_of`` knows."""
    return sorted(path.stem for path in (course.root / ".grading").glob("*.jsonl"))


def _known(place: Place, steps: Steps, journal: Journal) -> Result | None:
    """What an earlier run found for the very bytes that lie there now, or None."""
    try:
        handed_in = steps.read(place)
    except (OSError, Ungradable):  # grading will say so
        return None
    found = journal.find(steps.digest(handed_in), handed_in.student)
    return found and _noted(place, *found)


def _noted(place: Place, graded: Graded, notebooks: Notebooks | None) -> Result:
    """A result with what there is to say of where the hand-in lay; the journal does not keep that."""
    if place.note:
        graded = replace(graded, notes=[place.note, *graded.notes])
    return graded, notebooks


def _graded(course: Course, place: Place, assignment: Named, steps: Steps, journal: Journal) -> Result:
    """Read one hand-in, grade what was read, and keep and write the result.  Whatever goes wrong is told of this one alone."""
    digest = None
    try:
        handed_in = steps.read(place)
        digest = steps.digest(handed_in)
        graded, notebooks = steps.grade(handed_in)
    except Ungradable as reason:
        graded, notebooks = ungradable(place.student, assignment.name, reason), None
    except Exception as fault:
        graded, notebooks = _failed(place, assignment, "The grader failed on this submission", fault)
    try:
        if notebooks is not None:
            journal.keep(digest, graded, notebooks)
        graded, notebooks = _noted(place, graded, notebooks)
        _write(course, place, steps, graded, notebooks)
    except OSError:
        raise
    except Exception as fault:
        graded, notebooks = _failed(place, assignment, "The result could not be written", fault)
        _write(course, place, steps, graded, notebooks)
    faults.log.debug("%s, %s: graded", place.student, assignment.name)
    return graded, notebooks


def _failed(place: Place, assignment: Named, what: str, fault: Exception) -> Result:
    """The result where the grader itself is at fault: what failed and the error's kind are told, the log keeps the rest."""
    faults.record(f"{place.student}, {assignment.name}", fault)
    why = f"{what} ({type(fault).__name__}); whoever grades finds the whole of it in {faults.NAME}."
    return ungradable(place.student, assignment.name, why), None


def _write(course: Course, place: Place, steps: Steps, graded: Graded, notebooks: Notebooks | None) -> None:
    """The student's page, and the executed notebooks for formgrader; beside both, what nbgrader's exchange asks for."""
    feedback.write(course, graded)
    if notebooks is None:
        notebooks = {
            name: submission.in_its_place(released, graded.reason or "")
            for name, released in steps.released().items()
        }
    for name, notebook in notebooks.items():
        save(notebook, course, graded.student, graded.assignment, name)
    handins.lay_papers(course, place, graded.assignment)
