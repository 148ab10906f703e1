"""The grader's side of the warm process: start it, have children forked, talk to them, end them."""

import array
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

from . import wire
from .stand_in import Refused

_QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


class Stopped(Exception):
    """The student room did not answer: ``why`` is "timeout" or "died"."""

    def __init__(self, why):
        super().__init__(why)
        self.why = why


class Warm:
    """The warm process.  ``fork`` gives a ``Line`` to a fresh student room."""

    def __init__(self, *, confined=True):
        ours, theirs = socket.socketpair()
        settings = json.dumps({"confined": confined})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autograder.rooms.warm", str(theirs.fileno()), settings],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, **_QUIET},
        )
        theirs.close()
        self.control = ours
        self.ready = False

    def _wait(self):
        if self.control.recv(1) != b"r":
            raise OSError("The warm process did not start; its own words are above.")
        self.ready = True

    def preload(self, modules):
        """Import these in the warm process; those that cannot be imported are passed over."""
        if not self.ready:
            self._wait()
        self.control.sendall(b"p")
        wire.send(self.control, list(modules))
        self._wait()

    def fork(self):
        if not self.ready:
            self._wait()
        ours, theirs = socket.socketpair()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
        self.control.sendmsg([b"f"], rights)
        theirs.close()
        return Line(ours)

    def close(self):
        self.control.close()
        self.process.terminate()
        self.process.wait()


class Line:
    """One student room, from the grader's side."""

    def __init__(self, channel):
        self.channel = channel
        channel.settimeout(30)
        try:
            # a handle on the process itself: its number might be another's by the time that it is killed
            self.process = os.pidfd_open(int.from_bytes(wire.exactly(channel, 8), "little"))
        except (EOFError, TimeoutError, OSError) as fault:
            raise OSError("A student room could not be set up (isolation refused?).") from fault

    def ask(self, request, seconds):
        """Send a request and wait for the answer.  Raises ``Stopped`` where none comes in time."""
        until = time.monotonic() + seconds
        try:
            self.channel.settimeout(seconds)
            wire.send(self.channel, request)
            self.channel.settimeout(max(0.01, until - time.monotonic()))
            return wire.receive(self.channel)
        except TimeoutError:
            raise Stopped("timeout") from None
        except (EOFError, ConnectionError):
            raise Stopped("died") from None
        except wire.NotData as why:
            raise Refused(f"What your code returned cannot be graded: it is {why}.") from None

    def end(self):
        """Kill the student room's first process; the kernel ends all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(self.process, signal.SIGKILL)
        os.close(self.process)
        self.channel.close()
