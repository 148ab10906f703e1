"""Grade a whole class: workers run notebooks side by side, one writer enters the results."""

from concurrent.futures import ThreadPoolExecutor, as_completed

from . import engine, feedback, gradebook
from .assignment import Assignment
from .diagnose import Diagnosis
from .errors import Refused
from .grade import HOW, grade_folder, prepare, save, ungradable
from .journal import Journal


def folders(course, made):
    """The students' folders for an assignment, in order.  Raises ``Refused`` where there is none."""
    found = sorted(path for path in course.submitted.glob(f"*/{made.name}") if path.is_dir())
    if not found:
        raise Refused(
            f"No submissions for {made.name}: expected {course.submitted}/<student>/{made.name}/{made.name}.ipynb."
        )
    return found


def grade_class(course, made: Assignment, *, workers=2, fresh=False, how=HOW, done=lambda graded: None):
    """Grade every submission of an assignment and write gradebook and feedback.  Returns the results, by student.

    What is in the journal is not run again, unless ``fresh``.  ``done`` is called with each result as it comes.
    A fault in grading one submission never stops the next.
    """
    engine.start(how)  # it imports torch while the gradebook is made
    gradebook.record_assignment(course, made)
    diagnosis = Diagnosis(made)
    prepare(made, diagnosis, how)
    journal = None if fresh else Journal(course)
    results = []
    with gradebook.opened(course) as book, ThreadPoolExecutor(workers) as pool:
        waiting = {
            pool.submit(grade_folder, folder, made, diagnosis, journal=journal, how=how): folder.parent.name
            for folder in folders(course, made)
        }
        for future in as_completed(waiting):
            student = waiting[future]
            try:
                graded, notebook = future.result()
            except Exception as fault:  # the grader's own fault is told as such, and costs nobody else a mark
                graded = ungradable(
                    student,
                    made.name,
                    f"The grader failed on this notebook ({type(fault).__name__}: {fault}).",
                )
                notebook = None
            gradebook.record(book, graded)
            feedback.write(course, graded)
            if notebook is not None:
                save(notebook, course, student, made.name)
            results.append(graded)
            done(graded)
    return sorted(results, key=lambda graded: graded.student)
