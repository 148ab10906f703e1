"""Shared by all tests."""

import pytest

from autograder.answers import assignment as assignments
from autograder.answers.diagnose import Diagnosis


@pytest.fixture(scope="session", params=assignments.names())
def made(request):
    """Each assignment of the course."""
    return assignments.load(request.param)


@pytest.fixture(scope="session")
def diagnosis(made):
    """The misconception bank of the assignment, observed."""
    return Diagnosis(made)


def group_of(item):
    """The tests that share what is slow to make run in one process: a module's, an assignment's bank; a lesson stands alone."""
    module = item.module.__name__
    given = item.callspec.params if hasattr(item, "callspec") else {}
    if module == "test_lessons":
        return item.nodeid
    if module == "test_bank":
        return f"{module} {given.get('name') or given.get('made')}"
    return module


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
