"""To and from a learning platform: its archive of hand-ins in (``importing``), a table of marks that it takes out (``exporting``)."""

from autograder.classroom.exporting import FORMATS, Mark, exportable, marks, table
from autograder.classroom.importing import Taken, take_in

__all__ = ["FORMATS", "Mark", "Taken", "exportable", "marks", "table", "take_in"]
