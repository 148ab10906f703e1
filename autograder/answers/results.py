"""What grading one submission gave: the record behind ``--json``, the feedback page and the gradebook."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.answers.diagnose import Hint
from autograder.plain import plain
from autograder.words import counted

SHARED = (
    "Graded in a shared room: the checks ran beside the notebook's own code, which can read and change them. "
    "What such code does on purpose is not kept out."
)


@dataclass
class Check:
    """One test cell: its points, and what it said where it failed."""

    id: str
    points: float
    max_points: float
    message: str | None = None
    where: str | None = None  # the student's own lines, where their code raised
    by_hand: bool = False  # a person gave this mark, or extra credit
    waits: bool = False  # for a person's mark


@dataclass
class Outcome:
    """One exercise."""

    id: str
    checks: list[Check]
    hints: list[Hint] = field(default_factory=list)
    blank: bool = False
    comments: list[str] = field(default_factory=list)  # of a person

    @property
    def points(self) -> float:
        return sum(check.points for check in self.checks)

    @property
    def max_points(self) -> float:
        return sum(check.max_points for check in self.checks)

    @property
    def waiting(self) -> float:
        """The points that a person has still to give or not."""
        return sum(check.max_points for check in self.checks if check.waits)

    @property
    def messages(self) -> list[str]:
        """What the failed checks said, each thing once; of exceptions in the student's code, the first."""
        said = dict.fromkeys(
            check.message for check in self.checks if check.message and check.points < check.max_points
        )
        raised = [message for message in said if message.startswith("Your code raised")]
        return [message for message in said if message not in raised[1:]]


@dataclass
class Graded:
    """One submission.  ``status`` is "graded", or "ungradable" with a reason, which is not zero points."""

    student: str
    assignment: str
    status: str = "graded"
    reason: str | None = None
    seconds: float = 0.0
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shared: bool = False  # the checks ran beside the student's code

    @property
    def caveat(self) -> str | None:
        """What to know of how this was graded, in a sentence, or None."""
        return SHARED if self.shared else None

    penalty: float = 0.0  # points, for being late
    seconds_late: float = 0.0
    handed_in: str | None = None  # when, where it is known

    @property
    def score(self) -> float:
        return max(0.0, sum(outcome.points for outcome in self.outcomes) - self.penalty)

    @property
    def late(self) -> str | None:
        """By how much it came late, in words, or None."""
        for unit, seconds in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            if self.seconds_late >= 2 * seconds:
                return f"{self.seconds_late / seconds:.0f} {unit}"
        return counted(max(1, round(self.seconds_late)), "second") if self.seconds_late > 0 else None

    @property
    def waiting(self) -> float:
        """The points that a person has still to give or not."""
        return sum(outcome.waiting for outcome in self.outcomes)

    @property
    def max_score(self) -> float:
        return sum(outcome.max_points for outcome in self.outcomes)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data, for ``from_dict``."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Graded":
        outcomes = [
            Outcome(
                outcome["id"],
                [Check(**check) for check in outcome["checks"]],
                [Hint(**hint) for hint in outcome["hints"]],
                outcome["blank"],
                outcome.get("comments", []),
            )
            for outcome in data["outcomes"]
        ]
        return cls(**{**data, "outcomes": outcomes})

    def as_json(self) -> dict[str, Any]:
        """The object that ``--json`` writes, one a line."""
        graded = self.status == "graded"
        record = {
            "student": self.student,
            "assignment": self.assignment,
            "status": self.status,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "score": self.score if graded else None,
            "max_score": self.max_score if graded else None,
            "waiting": self.waiting,
            "penalty": self.penalty,
            "handed_in": self.handed_in,
            "notes": self.notes,
            "exercises": [
                {
                    "id": outcome.id,
                    "points": outcome.points,
                    "max_points": outcome.max_points,
                    "hints": [asdict(hint) for hint in outcome.hints],
                    "messages": outcome.messages,
                    "comments": outcome.comments,
                }
                for outcome in self.outcomes
            ],
        }
        return _shown(record)


def _shown(part: Any) -> Any:
    """Plain data with every text in it fit to be shown."""
    if isinstance(part, dict):
        return {name: _shown(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_shown(value) for value in part]
    return plain(part) if isinstance(part, str) else part
