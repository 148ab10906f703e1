"""For those who make a course: ``release`` (solutions/ to exercises/) and ``demo`` (a class to try the grader on)."""
