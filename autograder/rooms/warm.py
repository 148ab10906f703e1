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
import shutil
import signal
import socket
import sys
import tempfile

from . import confine, student, wire

PRELOAD = [
    "numpy",
    "torch",
    "matplotlib",
    "matplotlib.pyplot",
    "torch.nn",
    "torch.nn.functional",
    "numpy.random",
]


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    confine_children = settings["confined"]
    if confine_children:
        confine.die_with_parent()
    os.environ.update({"MPLBACKEND": "Agg"})
    preload(PRELOAD)
    from autograder import observe  # noqa: F401  (the children can no longer read it)

    if confine_children:
        import pyseccomp  # noqa: F401
    shell = student.new_shell()
    shell.run_cell("None", store_history=False)  # warms IPython's own caches
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    control.sendall(b"r")
    scratch = tempfile.mkdtemp(prefix="room-")  # each child mounts a file system of its own here
    os.chmod(scratch, 0o755)
    try:
        while True:
            message, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(4))
            if not message:
                return
            if message == b"p":
                preload(wire.receive(control))
                control.sendall(b"r")
                continue
            channel = array.array("i", ancillary[0][2][:4])[0]
            if os.fork() == 0:
                try:
                    child(channel, shell, scratch, confine_children)
                finally:
                    os._exit(0)
            os.close(channel)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def preload(names):
    """Import what a rehearsal has found to be imported in the course of it."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def child(channel, shell, scratch, confined):
    """Between the warm process and the student room: enter the namespaces, then fork their first process.

    Tells the grader the number of that process, so that it can be killed, and all that it started with it.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    student.close_files({channel})
    if confined:
        confine.become_nobody()
        confine.die_with_parent()
        confine.enter_namespaces()
    else:
        scratch = tempfile.mkdtemp(dir=scratch)
    inner = os.fork()
    if inner == 0:
        try:
            inhabit(channel, shell, scratch, confined)
        finally:
            os._exit(0)
    os.write(channel, inner.to_bytes(8, "little"))
    os.close(channel)
    os.waitpid(inner, 0)


def inhabit(channel, shell, scratch, confined):
    """The student room itself."""
    import numpy as np

    room = student.Room(shell, socket.socket(fileno=channel))
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
    if confined:
        confine.die_with_parent()
        readable = confine.readable_paths()
        confine.own_file_system(scratch)
        os.chdir(scratch)
        confine.limit_resources()
        confine.drop_capabilities()
        confine.allow_files(readable, [scratch])
        confine.forbid_system_calls()
    else:
        os.chdir(scratch)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (students use the legacy generator)
    sys.path[:] = [
        path
        for path in sys.path
        if (path and "site-packages" in path) or "lib/python" in path or path.endswith(".zip")
    ]
    room.serve()


if __name__ == "__main__":
    main()
