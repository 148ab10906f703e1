"""What a student's code may hold at once while a check runs: set from outside, out of that code's reach.

A check that asks for it says so in its cell's metadata, ``room_memory``: how many MB beyond what the notebook holds already.
"""

import contextlib

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

HELD = (
    128 * 2**20
)  # bytes that a notebook may hold when the check begins; what is more counts as the function's
ANY = 2**63 - 1  # bytes; there is a limit for the room as a whole, too
GRANTED = b"done"


def held(process: int) -> int:
    """Bytes of memory of its own that a process has asked for."""
    with open(f"/proc/{process}/statm", encoding="ascii") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def allowance(process: int, born: int, most: int) -> int:
    """What a process that held ``born`` bytes at first may hold in all where it may get ``most`` bytes more."""
    return min(held(process), born + HELD) + most


def grant(process: int, size: int) -> None:
    """Set what a process may hold in all.  Its user's processes can; the grader, who may be root without this right, cannot."""
    _, hard = resource.prlimit(process, resource.RLIMIT_DATA)
    with contextlib.suppress(ProcessLookupError):  # it has ended; whoever asks it will be told
        resource.prlimit(process, resource.RLIMIT_DATA, (size if size < ANY else hard, hard))
