"""So that nbgrader and formgrader work from the root, on the same notebooks, submissions and gradebook.

``python -m autograder release --source`` writes source/ from solutions/ first.
"""

from pathlib import Path

from autograder.authoring.release import nbgrader_config

c = get_config()
c.merge(nbgrader_config())
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "attention"
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "exercises"
c.Execute.timeout = 30
c.ExportApp.plugin_class = "autograder.classroom.nbexport.CsvExport"  # what could not be graded has no mark
