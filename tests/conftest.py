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
