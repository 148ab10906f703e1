"""What is said of an archive whose layout is known: whose each file is, or why it is nobody's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Names = tuple[str, ...]  # a path, from the outermost folder to the file
Text = Callable[[Names], str | None]  # of the member at a path, where there is one


@dataclass(frozen=True)
class Owner:
    """A student as the platform tells: two of them are two people, whatever their ids look like."""

    login: str  # what the student's id is made from
    number: str | None = None  # in the platform
    full: str | None = None  # first and last name, where known

    def without_number(self) -> "Owner":
        """The same student where the number is somebody else's, too: no mark may be sent to it."""
        return Owner(f"{self.login}-{self.number}", None, self.full or self.login)


@dataclass
class Part:
    """A member's place: its owner, its path among the owner's files, and what the platform says of the time."""

    owner: Owner
    path: Names
    when: datetime | None = None  # without a zone it is some local time
    attempt: str = ""  # of several the last in order counts
    rank: int = 0  # of two files of one name the greater keeps it
    late: bool = False  # the platform says so, and not by how much
    shared_with: tuple[Owner, ...] = ()  # whose hand-in it is as well


@dataclass
class Read:
    """An archive whose layout is known."""

    layout: str
    parts: dict[int, Part] = field(default_factory=dict)  # by the member's index
    left_out: dict[int, str] = field(default_factory=dict)  # index -> why, as the end of a sentence
    own: list[int] = field(default_factory=list)  # indices of the platform's own files
    notes: list[str] = field(default_factory=list)  # what could not be told of somebody
    remarks: list[str] = field(default_factory=list)  # what else there is to know

    @property
    def trusts_timestamps(self) -> bool:
        """Whether a ``timestamp.txt`` in there may be nbgrader's own."""
        return self.layout.startswith("a folder a student") or self.layout.startswith("nbgrader")


@dataclass
class About:
    """What a layout may need to know of the archive as a whole."""

    assignment: str
    others: frozenset[str]  # the course's other assignments
    paths: Sequence[Names]  # without the outer folders
    text: Text


def as_timestamp(when: datetime) -> str:
    """A time as nbgrader writes it into ``timestamp.txt``; one without a zone is taken for this machine's local time."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
