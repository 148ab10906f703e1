"""A page about the class: marks, what was misunderstood by how many, and where the bank of hints has nothing to say."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from autograder.answers.results import Check, Graded, Outcome
from autograder.classroom.feedback import PAGES
from autograder.paths import Course

BARS = 10  # rows of the histogram


class Bar(TypedDict):
    """A row of the histogram of marks."""

    label: str
    count: int
    percent: int  # of the longest


class ExerciseRow(TypedDict):
    """How an exercise went."""

    id: str
    full_percent: int  # of those graded, with all points
    blank_percent: int
    mean: float  # points
    max_points: float


class Misunderstood(TypedDict):
    """A misconception, and whom it befell."""

    exercise: str
    id: str
    hint: str
    students: list[str]


class Unexplained(TypedDict):
    """A check that failed where no hint was found, and for whom."""

    check: str
    message: str
    students: list[str]


ByExercise = dict[str, list[tuple[str, Outcome]]]  # with the student


@dataclass
class Report:
    """What the page shows of one assignment."""

    assignment: str
    graded: list[Graded]
    ungradable: list[Graded]
    max_score: float = 0.0
    median: float = 0.0
    histogram: list[Bar] = field(default_factory=list)
    exercises: list[ExerciseRow] = field(default_factory=list)
    misconceptions: list[Misunderstood] = field(default_factory=list)  # most frequent first
    unexplained: list[Unexplained] = field(default_factory=list)  # failed checks of exercises without a hint
    waiting: list[str] = field(default_factory=list)  # whose answers a person has still to mark
    caveat: str | None = None  # what to know of how these were graded


def of(assignment: str, results: Sequence[Graded]) -> Report:
    """The report of one assignment's results."""
    graded = [one for one in results if one.status == "graded"]
    report = Report(assignment, graded, [one for one in results if one.status != "graded"])
    if not graded:
        return report
    report.caveat = next(filter(None, (one.caveat for one in graded)), None)
    report.waiting = [one.student for one in graded if one.waiting]
    report.max_score = max(one.max_score for one in graded)
    report.median = statistics.median_high(one.score for one in graded)
    report.histogram = _histogram([one.score for one in graded], report.max_score)
    by_exercise: ByExercise = {}
    for one in graded:
        for outcome in one.outcomes:
            if not outcome.waiting or outcome.waiting < outcome.max_points:
                by_exercise.setdefault(outcome.id, []).append((one.student, outcome))
    report.exercises = [_exercise(name, rows) for name, rows in by_exercise.items()]
    report.misconceptions = _misconceptions(by_exercise)
    report.unexplained = _unexplained(by_exercise)
    return report


def _histogram(scores: Sequence[float], most: float) -> list[Bar]:
    width = most / BARS or 1.0
    counts = [0] * BARS
    for score in scores:
        counts[min(BARS - 1, int(score / width))] += 1
    return [
        {
            "label": f"{number * width:g} – {(number + 1) * width:g}",
            "count": count,
            "percent": round(100 * count / max(counts)),
        }
        for number, count in enumerate(counts)
    ]


def _percent(rows: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> int:
    return round(100 * sum(map(holds, rows)) / len(rows))


def _exercise(name: str, rows: list[tuple[str, Outcome]]) -> ExerciseRow:
    outcomes = [outcome for _, outcome in rows]
    return {
        "id": name,
        "full_percent": _percent(outcomes, lambda outcome: outcome.points == outcome.max_points),
        "blank_percent": _percent(outcomes, lambda outcome: outcome.blank),
        "mean": round(statistics.mean(outcome.points for outcome in outcomes), 2),
        "max_points": max(outcome.max_points for outcome in outcomes),
    }


def _misconceptions(by_exercise: ByExercise) -> list[Misunderstood]:
    found: dict[tuple[str, str], Misunderstood] = {}
    for exercise, rows in by_exercise.items():
        for student, outcome in rows:
            for hint in outcome.hints:
                row = Misunderstood(exercise=exercise, id=hint.misconception, hint=hint.hint, students=[])
                found.setdefault((exercise, hint.misconception), row)["students"].append(student)
    return sorted(found.values(), key=lambda row: -len(row["students"]))


def _is_its_own(check: Check) -> bool:
    """Whether a mark is what running a check gave: what a person thinks of prose needs no hint of the bank's."""
    return not check.waits and not (check.by_hand and check.message is None)


def _unexplained(by_exercise: ByExercise) -> list[Unexplained]:
    found: dict[str, Unexplained] = {}
    for rows in by_exercise.values():
        for student, outcome in rows:
            failed = [
                check for check in outcome.checks if check.points < check.max_points and _is_its_own(check)
            ]
            for check in failed if not outcome.hints and not outcome.blank else ():
                row = Unexplained(check=check.id, message=check.message or "", students=[])
                found.setdefault(check.id, row)["students"].append(student)
    return sorted(found.values(), key=lambda row: -len(row["students"]))


def page(report: Report) -> str:
    """The report as HTML text, without script."""
    return PAGES.get_template("report.html").render(report=report)


def path(course: Course, assignment: str) -> Path:
    """Where the page of an assignment lies."""
    return course.root / "report" / f"{assignment}.html"


def write(course: Course, report: Report) -> Path:
    """Write the page; returns where."""
    target = path(course, report.assignment)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(report), encoding="utf-8")
    return target
