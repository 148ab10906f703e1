"""Where things lie: in a clone of the repository, or in an installed package, which carries the assignments with it.

``ROOT`` is the folder of a class where none is named (``--course``): the clone, or where the command was started.
"""

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IN_CLONE = (PACKAGE.parent / "solutions").is_dir() and not (
    PACKAGE / "solutions"
).is_dir()  # a wheel carries its own
CODE = PACKAGE.parent  # where the packages lie, beside each other
ASSIGNMENTS = CODE if IN_CLONE else PACKAGE  # what holds solutions/ and the released exercises/
ROOT = CODE if IN_CLONE else Path.cwd()
SOLUTIONS = ASSIGNMENTS / "solutions"
RELEASED = ASSIGNMENTS / "exercises"
EXERCISES = ROOT / "exercises"  # where `release` writes


@dataclass(frozen=True)
class Course:
    """A class's folder, laid out as nbgrader lays it out."""

    root: Path = ROOT

    @property
    def folders(self) -> list[Path]:
        """Where the class's work and the instructor's lie, links followed."""
        return [self.root, self.submitted, self.autograded, self.feedback, self.source]

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def database(self) -> Path:
        return self.root / "gradebook.db"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"
