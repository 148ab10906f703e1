"""What the commands say when they cannot go on."""

import errno


class Refused(Exception):
    """The command was given something it cannot use: one sentence saying what, and what to do.  Exit code 2."""


class CourseError(Exception):
    """The course itself is at fault (a solution that fails its own tests, a mark out of range).  Exit code 1."""


class Interrupted(BaseException):
    """Somebody has pressed Ctrl-C.  Exit code 130."""


WRITING = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
)  # what a disk says that takes no more


def cannot_write(fault: OSError) -> Exception:
    """The ``Refused`` for an ``OSError`` that came up in writing; another kind of fault as it is."""
    if fault.errno not in WRITING:
        return fault
    where = f" {fault.filename}" if fault.filename else ""
    return Refused(
        f"Cannot write{where}: {fault.strerror}. Make room or check permissions, and run the same command again; what was graded is kept."
    )
