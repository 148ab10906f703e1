"""Where things lie.  ``ROOT`` is the repository; a class may lie elsewhere (``--course``)."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS = ROOT / "solutions"
EXERCISES = ROOT / "exercises"


@dataclass(frozen=True)
class Course:
    """A class's folder, laid out as nbgrader lays it out."""

    root: Path = ROOT

    @property
    def submitted(self):
        return self.root / "submitted"

    @property
    def autograded(self):
        return self.root / "autograded"

    @property
    def feedback(self):
        return self.root / "feedback"

    @property
    def source(self):
        return self.root / "source"

    @property
    def database(self):
        return self.root / "gradebook.db"

    @property
    def database_url(self):
        return f"sqlite:///{self.database}"
