"""What the commands say when they cannot go on."""


class Refused(Exception):
    """The command was given something it cannot use: one sentence saying what, and what to do.  Exit code 2."""


class CourseError(Exception):
    """The course itself is at fault (a solution that fails its own tests, a mark out of range).  Exit code 1."""
