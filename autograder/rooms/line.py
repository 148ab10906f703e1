"""The grader's side of the warm process: start it, have children forked, talk to them, end them."""

import array
import atexit
import contextlib
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

from autograder.rooms import memory, readable, wire
from autograder.rooms.stand_in import NotPlainData

_TAKEN = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "TMPDIR",
    "MPLCONFIGDIR",
)
_SET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    # All memory from one allocator, in large pages where the kernel has them: to fork copies a table of the pages, and takes
    # half as long when they are large.
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


GRACE = 3  # seconds in which an interrupted cell must end


class Stopped(Exception):
    """The student room did not answer: ``why`` is "timeout", "died", "crashed", "killed" or "garbled"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Line(Protocol):
    """One student room, from the grader's side."""

    def ask(
        self, request: dict[str, Any], seconds: float, *, interrupt: bool = False, most: int | None = None
    ) -> wire.Data:
        """Send a request and wait for the answer.  Raises ``Stopped`` where none comes in time, ``NotPlainData`` for one that is none."""

    def end(self) -> None:
        """End the room, and all that it started."""


class Warm:
    """The warm process.  ``fork`` gives a ``ForkedLine`` to a fresh student room."""

    def __init__(self, *, confined: bool = True) -> None:
        ours, theirs = socket.socketpair()
        settings = json.dumps({"confined": confined})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autograder.rooms.warm", str(theirs.fileno()), settings],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the grader's to answer
            # a process's first environment stays in its memory, and its children's: no keys or tokens in there
            env={**{name: os.environ[name] for name in _TAKEN if name in os.environ}, **_SET},
        )
        theirs.close()
        self.control = ours
        self.ready = False
        self.closed: frozenset[str] = frozenset()  # folders that it knows to keep from students

    def await_ready(self) -> None:
        """Wait until it has imported what it should."""
        if not self.ready:
            self._wait()

    def _wait(self) -> None:
        if self.control.recv(1) != b"r":
            raise OSError("The warm process did not start; its own words are above.")
        self.ready = True

    def preload(self, modules: Iterable[str], given: Iterable[str] = ()) -> None:
        """Import these in the warm process, and compile the ``given`` cells; what cannot be imported is passed over."""
        self.await_ready()
        self.control.sendall(b"p")
        wire.send(self.control, [list(modules), list(given)])
        self._wait()

    def close_folders(self) -> None:
        """Tell it what ``readable.close`` has been told here."""
        self.await_ready()
        if self.closed != readable.closed():
            self.closed = readable.closed()
            self.control.sendall(b"c")
            wire.send(self.control, sorted(self.closed))
            self._wait()

    def fork(self) -> "ForkedLine":
        self.close_folders()
        ours, theirs = socket.socketpair()
        epitaph, written = socket.socketpair()
        handles = array.array("i", [theirs.fileno(), written.fileno()])
        try:
            self.control.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
        finally:
            theirs.close()
            written.close()
        return ForkedLine(ours, epitaph)

    def close(self) -> None:
        """End it; there is nothing in it to be kept."""
        self.control.close()
        self.process.kill()
        self.process.wait()


@cache
def warm(confined: bool) -> Warm:
    """The warm process of this grader, started at the first call."""
    started = Warm(confined=confined)
    atexit.register(started.close)
    return started


class ForkedLine:
    """A ``Line`` to a room that the warm process has forked."""

    def __init__(self, channel: socket.socket, epitaph: socket.socket) -> None:
        self.channel, self.epitaph = channel, epitaph
        self.code: bytes | None = None  # how the room's process ended, where that is known
        channel.settimeout(30)
        epitaph.settimeout(30)
        try:
            # a handle on the process itself: its number might be another's by the time that it is killed
            self.number = int.from_bytes(wire.exactly(channel, 8), "little")
            self.process = os.pidfd_open(self.number)
            wire.exactly(channel, 1)  # it is confined
            self.born = memory.held(self.number)
        except (EOFError, TimeoutError, OSError) as fault:
            raise OSError("A student room could not be set up (isolation refused?).") from fault

    def ask(
        self, request: dict[str, Any], seconds: float, *, interrupt: bool = False, most: int | None = None
    ) -> wire.Data:
        """Send a request and wait for the answer.  Raises ``Stopped`` where none comes in time.

        ``most`` is what the room may hold beyond what it holds now, in bytes.  With ``interrupt`` the room is first asked to break off what it does, as Jupyter's square button does, and has a few
        seconds more to say so; the answer then has a field ``interrupted``.
        """
        if most is None:
            return self._asked(request, seconds, interrupt)
        try:
            with contextlib.suppress(FileNotFoundError):  # it has ended
                self._grant(memory.allowance(self.number, self.born, most))
            return self._asked(request, seconds, interrupt)
        finally:
            self._grant(memory.ANY)

    def _grant(self, size: int) -> None:
        """Have the room's process allowed so many bytes of memory."""
        with contextlib.suppress(OSError, EOFError):
            self.epitaph.sendall(size.to_bytes(8, "little"))
            answer = bytes(wire.exactly(self.epitaph, 4))
            if answer != memory.GRANTED:
                self.code = answer

    def _asked(self, request: dict[str, Any], seconds: float, interrupt: bool) -> wire.Data:
        until = time.monotonic() + seconds
        asked = secrets.randbits(63)  # so that nothing can be answered before it was asked
        try:
            self.channel.settimeout(seconds)
            wire.send(self.channel, request, number=asked)
            interrupted = interrupt and not select.select([self.channel], [], [], seconds)[0]
            if interrupted:
                signal.pidfd_send_signal(self.process, signal.SIGINT)
                until = time.monotonic() + GRACE
            number, answer = wire.receive(self.channel, until)
        except TimeoutError:
            raise Stopped("timeout") from None
        except (EOFError, OSError):
            raise Stopped(self._how_it_ended()) from None
        except wire.NotData as why:
            number, answer = asked if why.number is None else why.number, why
        if number != asked:
            raise Stopped("garbled")
        if isinstance(answer, wire.NotData):
            raise NotPlainData(f"What your code returned cannot be graded: it is {answer}.")
        if interrupted and isinstance(answer, dict):
            answer["interrupted"] = True
        return answer

    def _how_it_ended(self) -> str:
        """The room's own end closed: by its process's end, or before it."""
        if self.code is None and not select.select([self.epitaph], [], [], 1.0)[0]:
            return "garbled"
        code = int.from_bytes(self.code or self.epitaph.recv(4), "little", signed=True)
        return "killed" if code == -signal.SIGKILL else "crashed" if code < 0 else "died"

    def end(self) -> None:
        """Kill the student room's first process; the kernel ends all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(self.process, signal.SIGKILL)
        os.close(self.process)
        self.epitaph.close()
        self.channel.close()
