"""Shared by all tests."""

import os
import re

# One thread a process, before any imports torch or NumPy: the workers share the cores already, and threads that wait
# for each other in small products cost twice the processor time.
os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})


import pytest

from autograder.answers import assignment as assignments
from autograder.answers.diagnose import Diagnosis

APART = {  # modules that are too long for one worker, and how to tell from a test's name to which part it belongs
    "test_bank.py": r"\[(0\d-[a-z-]+)",
    "test_nbgrader.py": r"\[(0\d-[a-z-]+)",
    "test_pages.py": r"\[(wide|narrow)",
    "test_lessons.py": r"\[([^:]+):",
}


LONG = (
    "test_wheel.py",
    "test_bank.py",
    "test_pages.py",
    "test_lessons.py",
    "test_nbgrader.py",
    "test_nbcourse.py",
    "test_resume.py",
)


def pytest_collection_modifyitems(items):
    """What takes long begins first, so that no worker is left with it when the other has done."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def part_of(nodeid):
    """Tests of one part share what is slow to make: a module, or what ``APART`` says."""
    module, _, test = nodeid.partition("::")
    found = re.search(APART.get(module.rsplit("/", 1)[-1], "$^"), test)
    return f"{module} {found[1] if found else ''}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """``--dist loadscope`` with these parts as its scopes.  (loadgroup does not see its marks under pytest 9.)"""
    from xdist.scheduler import LoadScopeScheduling

    class InParts(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return part_of(nodeid)

    return InParts(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.fixture(scope="session", params=assignments.names())
def made(request):
    """Each assignment of the course."""
    return assignments.load(request.param)


@pytest.fixture(scope="session")
def diagnosis(made):
    """The misconception bank of the assignment, observed."""
    return Diagnosis(made)
