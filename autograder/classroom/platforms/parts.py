"""What is said of an archive whose layout is known: whose each file is, or why it is nobody's."""

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Owner:
    """A student as the platform tells: two of them are two people, whatever their ids look like."""

    login: str  # what the student's id is made from
    number: str | None = None  # in the platform
    full: str | None = None  # first and last name, where known

    def without_number(self):
        """The same student where the number is somebody else's, too: no mark may be sent to it."""
        return Owner(f"{self.login}-{self.number}", None, self.full or self.login)


@dataclass
class Part:
    """A member's place: its owner, its path among the owner's files, and what the platform says of the time."""

    owner: Owner
    path: tuple
    when: datetime | None = None  # without a zone it is some local time
    attempt: str = ""  # of several the last in order counts
    rank: int = 0  # of two files of one name the greater keeps it
    late: bool = False  # the platform says so, and not by how much


@dataclass
class Read:
    """An archive whose layout is known."""

    layout: str
    parts: dict = field(default_factory=dict)  # index of the member -> Part
    left_out: dict = field(default_factory=dict)  # index -> why, as the end of a sentence
    own: list = field(default_factory=list)  # indices of the platform's own files
    notes: list = field(default_factory=list)  # what could not be told of somebody
    remarks: list = field(default_factory=list)  # what else there is to know

    @property
    def trusts_timestamps(self):
        """Whether a ``timestamp.txt`` in there may be nbgrader's own."""
        return self.layout.startswith("a folder a student") or self.layout.startswith("nbgrader")


@dataclass
class About:
    """What a layout may need to know of the archive as a whole."""

    assignment: str
    others: frozenset  # the course's other assignments
    paths: list  # without the outer folders
    text: object  # path -> the text of that member, or None


def as_timestamp(when):
    """A time as nbgrader writes it into ``timestamp.txt``; one without a zone is taken for this machine's local time."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
