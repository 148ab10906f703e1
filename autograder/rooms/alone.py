"""A student room without isolation, for one's own notebook where there is no Linux: macOS, Windows.

Against oneself no walls are needed; what a cell prints, how long it may take and what becomes of one that ends its process is the
same.  The process is spawned, since to fork one that has imported half a laboratory is not to be had there.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
from multiprocessing.connection import Connection
from typing import Any

from autograder.rooms import wire
from autograder.rooms.line import GRACE, Stopped
from autograder.rooms.stand_in import NotPlainData

SECONDS_TO_START = 180  # torch is imported, perhaps for the first time
_SPAWN = multiprocessing.get_context("spawn")
_NUMBER = 8  # bytes before a message


def needed() -> bool:
    """Whether this machine has no other rooms."""
    return not sys.platform.startswith("linux")


class SpawnedLine:
    """A ``Line`` to a room that is a process of its own."""

    def __init__(self) -> None:
        self.connection, theirs = _SPAWN.Pipe()
        self.folder = tempfile.TemporaryDirectory(prefix="room-", ignore_cleanup_errors=True)
        self.process = _SPAWN.Process(target=_inhabit, args=(theirs, self.folder.name), daemon=True)
        self.process.start()
        theirs.close()
        self.asked = 0
        if not self.connection.poll(SECONDS_TO_START):
            raise OSError("The process for the notebook did not start.")
        self.connection.recv_bytes()

    def ask(
        self, request: dict[str, Any], seconds: float, *, interrupt: bool = False, most: int | None = None
    ) -> wire.Data:
        """Send a request and wait for the answer.  Raises ``Stopped`` where none comes in time.  ``most`` cannot be kept here."""
        self.asked += 1
        try:
            self.connection.send_bytes(self.asked.to_bytes(_NUMBER, "little") + wire.encode(request))
            in_time = self.connection.poll(seconds)
            if not (in_time or (interrupt and self._broken_off())):
                raise Stopped("timeout")
            message = self.connection.recv_bytes(_NUMBER + wire.LARGEST + wire.LARGEST_HEADER)
        except (EOFError, OSError):
            raise Stopped(self._how_it_ended()) from None
        if int.from_bytes(message[:_NUMBER], "little") != self.asked:
            raise Stopped("garbled")
        try:
            answer = wire.decode(message[_NUMBER:])
        except wire.NotData as why:
            raise NotPlainData(f"What your code returned cannot be graded: it is {why}.") from None
        if not in_time and isinstance(answer, dict):
            answer["interrupted"] = True
        return answer

    def _broken_off(self) -> bool:
        """Interrupt the cell, where a single process can be told to; returns whether it has answered then."""
        if os.name == "nt" or self.process.pid is None:
            return False
        os.kill(self.process.pid, signal.SIGINT)
        return self.connection.poll(GRACE)

    def _how_it_ended(self) -> str:
        self.process.join(1.0)
        code = self.process.exitcode
        return "garbled" if code is None else "died" if code >= 0 else "crashed"

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.connection.close()
        self.folder.cleanup()


def _inhabit(connection: Connection, folder: str) -> None:
    """The room: answers one request after the other, in that folder, until nobody asks any more."""
    os.environ.update({"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"})
    from autograder.answers import observe  # noqa: F401
    from autograder.rooms import shell, student

    room = student.StudentRoom(shell.new_shell(), None)
    shell.lend_a_loop(room.shell)
    sys.path.insert(0, "")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.chdir(folder), contextlib.suppress(EOFError, OSError):
        connection.send_bytes(b"ready")
        while True:
            message = connection.recv_bytes()
            answer = room.answered(wire.decode(message[_NUMBER:]))
            connection.send_bytes(message[:_NUMBER] + answer)
