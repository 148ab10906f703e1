"""A process that has imported what notebooks import, and forks a child for each submission.

It is started fresh (not forked from the grader), so it has never held a test, a solution or the gradebook.  It has one
thread and has run no torch operation, so that its children are whole.  Run as ``python -m autograder.rooms.warm FD``.
"""

import array
import contextlib
import gc
import importlib
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from typing import TYPE_CHECKING

from autograder.rooms import calls, confine, memory, readable, student, wire
from autograder.rooms.shell import compile_nothing, lend_a_loop, new_shell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

PRELOAD = [
    "numpy",
    "torch",
    "matplotlib",
    "matplotlib.pyplot",
    "torch.nn",
    "torch.nn.functional",
    "numpy.random",
    "sqlite3",  # with its library of the system, which a room does not find everywhere
    "torch.fx.experimental.symbolic_shapes",  # what torch imports at the first gradient, a third of a second long
]


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    confine_children = settings["confined"]
    if confine_children:
        confine.die_with_parent()
    os.environ.update({"MPLBACKEND": "Agg"})
    preload(PRELOAD)
    compile_nothing()
    from autograder.answers import observe  # noqa: F401  (the children can no longer read it)

    if confine_children:
        calls.permitted(), readable.hidden()  # what takes a while to find out is known before forking
    shell = new_shell()
    shell.run_cell("None", store_history=False)  # warms IPython's own caches
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    control.sendall(b"r")
    while True:
        message, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(8))
        if not message:
            return
        if message == b"c":
            readable.close(wire.receive(control)[1])
            readable.hidden()
            control.sendall(b"r")
            continue
        if message == b"p":
            modules, given = wire.receive(control)[1]
            preload(modules)
            student.compile_given(given)
            gc.collect()
            gc.freeze()
            control.sendall(b"r")
            continue
        handles = array.array("i", ancillary[0][2][:8])
        if os.fork() == 0:
            try:
                child(handles[0], handles[1], shell, confine_children)
            finally:
                os._exit(0)
        for handle in handles:
            os.close(handle)


def preload(names: Iterable[str]) -> None:
    """Import what a rehearsal has found to be imported in the course of it."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def child(channel: int, epitaph: int, shell: "InteractiveShell", confined: bool) -> None:
    """Between the warm process and the student room: enter the namespaces, then fork their first process.

    Tells the grader the number of that process, so that it can be killed, and all that it started with it; and,
    through ``epitaph``, how it ended.  Until then it is told there what memory the process may have.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    student.close_files({channel, epitaph})
    scratch = None
    if confined:
        confine.leave_the_machine()
        confine.die_with_parent()
    else:
        scratch = tempfile.mkdtemp(prefix="room-")
    told, tell = os.pipe()
    inner = os.fork()
    if inner == 0:
        try:
            os.close(epitaph)
            os.close(tell)  # else this process would wait for itself, where the other has died by now
            confine.die_with_parent()
            if os.read(told, 1):  # the number of this process goes over the channel first
                os.close(told)
                inhabit(channel, shell, scratch)
        finally:
            os._exit(0)
    os.write(channel, inner.to_bytes(8, "little"))
    os.write(tell, b"t")
    os.close(channel)
    process = os.pidfd_open(inner)
    watch = select.poll()
    watch.register(process, select.POLLIN)
    watch.register(epitaph, select.POLLIN)
    while not any(about == process for about, _ in watch.poll()):
        if wish := os.read(epitaph, 8):
            memory.grant(inner, int.from_bytes(wish, "little"))
            os.write(epitaph, memory.GRANTED)
        else:  # nobody reads any more: the grader's worker has died
            signal.pidfd_send_signal(process, signal.SIGKILL)
            watch.unregister(epitaph)
    _, status = os.waitpid(inner, 0)
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)
    os.write(epitaph, os.waitstatus_to_exitcode(status).to_bytes(4, "little", signed=True))


def inhabit(channel: int, shell: "InteractiveShell", scratch: str | None) -> None:
    """The student room itself, confined unless ``scratch`` says where else it lives."""
    import numpy as np

    room = student.StudentRoom(shell, socket.socket(fileno=channel))
    lend_a_loop(shell)
    if scratch:
        os.chdir(scratch)
    else:
        scratch = confine.ROOM
        confine.limit_resources()
        confine.drop_capabilities()
        confine.allow_files(readable.paths(), [confine.ROOM, confine.TEMPORARY])
        calls.permit()
    os.environ.clear()
    os.environ.update(
        {
            "HOME": scratch,
            "TMPDIR": scratch,
            "MPLCONFIGDIR": scratch,
            "MPLBACKEND": "Agg",
            "PATH": "",
            "LANG": "C.UTF-8",
        }
    )
    tempfile.tempdir = None
    os.write(channel, b"r")  # all layers are on
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (students use the legacy generator)
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(0)  # else it begins anywhere: the same answer, another message
    sys.path[:] = readable.libraries()
    sys.path.insert(0, "")  # a module that lies beside the notebook, or that a cell has written
    room.serve()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the grader has left
        main()
