"""What a student's process may still do: compute.

Linux namespaces (user, mount, pid, network, ipc), Landlock, seccomp and resource limits, in layers: each stops
what the one before leaves open.  ``missing`` says what this machine lacks.  All calls are made by a process that is about
to run a student's code; nothing here can be undone from within.
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Collection, Iterable
from typing import Any

from autograder.rooms import readable

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MEMORY = 3 * 2**30  # bytes of address space; torch itself takes 700 MB
SCRATCH = 64 * 2**20  # bytes that may be written
LARGEST_FILE = 32 * 2**20
THREADS = 64
OPEN_FILES = 128

_libc: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None  # its calls have no types
_CLONE_NEW = {
    "user": 0x10000000,
    "mount": 0x00020000,
    "pid": 0x20000000,
    "network": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
}
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP = 1, 4, 38, 24


class CannotConfine(OSError):
    """A layer could not be put on; the student's code must not run."""


def _call(what: str, result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise CannotConfine(code, f"{what}: {os.strerror(code)}")
    return result


def die_with_parent() -> None:
    """Get SIGKILL when the process that forked this one ends (on Linux; elsewhere nothing happens)."""
    if not sys.platform.startswith("linux"):
        return
    _call("prctl", _libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0))


NOBODY = 65534


def become_nobody() -> None:
    """Where root runs the grader, the student's code runs as nobody."""
    if os.getuid() != 0:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _call("prctl", _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0))  # else the maps below are not ours to write


def leave_the_machine() -> None:
    """Leave the machine's files, users, network and ipc; children start in a new pid namespace.

    Where root runs the grader, root makes the file system, and nobody goes on; else a user namespace lends the right.
    """
    os.umask(0o022)
    proc = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
    as_root = os.getuid() == 0 and _libc.unshare(_CLONE_NEW["mount"]) == 0
    if as_root:
        own_file_system(readable.paths(), readable.hidden())
        become_nobody()
    enter_namespaces(proc, already={"mount"} if as_root else set())
    if not as_root:
        own_file_system(readable.paths(), readable.hidden())
    os.close(proc)


def enter_namespaces(proc: int, already: Collection[str] = ()) -> None:
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _libc.unshare(sum(flag for name, flag in _CLONE_NEW.items() if name not in already)))
    # Inside, the student is user 1000; outside, nobody, or whoever runs the grader.
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {uid} 1"), ("gid_map", f"1000 {gid} 1")):
        file = os.open(f"self/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
        os.write(file, text.encode())
        os.close(file)


ROOM, TEMPORARY = "/home/student", "/tmp"  # where a student may write
_ANCHOR = "/sys"  # a folder that every Linux has and no Python lies in; the new root is put there before it becomes the root
_READ_ONLY = 0x1 | 0x2  # mount attributes: read-only, nosuid


def own_file_system(readable: Iterable[str], hidden: Iterable[str] = ()) -> None:
    """A root folder with nothing in it but what is ``readable`` and not ``hidden``, read-only, and an empty place of
    limited size to write in.

    Nothing else exists there, so that not even a file's name, size or mode can be asked for or changed, which Landlock would allow.
    """
    _call("mount private", _libc.mount(b"none", b"/", None, 0x4000 | 0x40000, None))  # MS_REC | MS_PRIVATE
    options = f"size={SCRATCH},nr_inodes=4000,mode=0755".encode()
    flags = 0x2 | 0x4 | 0x8  # nosuid, nodev, noexec
    _call("mount tmpfs", _libc.mount(b"tmpfs", _ANCHOR.encode(), b"tmpfs", flags, options))
    for path in readable:
        target = _ANCHOR + path
        if not os.path.exists(path) or os.path.lexists(
            target
        ):  # not there, or within one that is there already
            continue
        if os.path.isdir(path):
            os.makedirs(target)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC))
        # MS_BIND | MS_REC
        _call(f"bind {path}", _libc.mount(path.encode(), target.encode(), None, 0x1000 | 0x4000, None))
    for path in hidden:
        if os.path.isdir(_ANCHOR + path):  # below a readable one: an empty folder in its place
            options = b"size=4k,nr_inodes=2,mode=0755"
            _call(f"hide {path}", _libc.mount(b"tmpfs", (_ANCHOR + path).encode(), b"tmpfs", flags, options))
    for path in (ROOM, TEMPORARY):
        os.makedirs(_ANCHOR + path, exist_ok=True)
        os.chmod(_ANCHOR + path, 0o777)
    _mount_attributes(_ANCHOR, set_=_READ_ONLY, recursive=True)
    _mount_attributes(_ANCHOR, clear=0x1)
    os.chdir(_ANCHOR)
    _call("pivot_root", _libc.pivot_root(b".", b"."))
    _call("umount", _libc.umount2(b".", 0x2))  # MNT_DETACH
    os.chdir(ROOM)


def _mount_attributes(path, *, set_=0, clear=0, recursive=False):
    attributes = struct.pack("<4Q", set_, clear, 0, 0)
    flags = 0x8000 if recursive else 0  # AT_RECURSIVE
    _call("mount_setattr", _libc.syscall(442, -100, path.encode(), flags, attributes, len(attributes)))


def limit_resources() -> None:
    """Hard limits, so that they cannot be raised again."""
    for which, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, THREADS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(which, (most, most))


def drop_capabilities() -> None:
    """Give up all capabilities, also those over the own namespaces."""
    for capability in range(64):  # those that the kernel does not know, it refuses
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("<Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    _call("capset", _libc.capset(header, struct.pack("<6I", *[0] * 6)))
    _call("no_new_privs", _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


# --- Landlock: which files, which sockets, which signals

_READ = (1 << 2) | (1 << 3)  # read a file, list a folder
_ALL_FS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}


def landlock_version() -> int:
    """The kernel's Landlock ABI, 0 where there is none."""
    return max(0, _libc.syscall(444, None, 0, 1))


def allow_files(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Only these paths may be read, only ``writable`` written; no TCP, no abstract sockets, no signals to others."""
    version = landlock_version()
    if not version:
        raise CannotConfine(errno.ENOSYS, "Landlock is not there")
    handled = _ALL_FS[min(version, 5)]
    network = 3 if version >= 4 else 0  # bind and connect
    scoped = 3 if version >= 6 else 0  # abstract unix sockets and signals
    attributes = struct.pack("<QQQ", handled, network, scoped)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call("landlock_create_ruleset", _libc.syscall(444, attributes, size, 0))
    everything_but_exec = handled & ~1
    for paths, access in ((readable, _READ), (writable, everything_but_exec)):
        for path in paths:
            _allow(ruleset, path, access)
    _call("landlock_restrict_self", _libc.syscall(446, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset, path, access):
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        access &= (1 << 1) | (1 << 2) | (1 << 14)  # of a file: write, read, truncate
    rule = struct.pack("<Qi", access, target)
    _call(f"landlock_add_rule {path}", _libc.syscall(445, ruleset, 1, rule, 0))
    os.close(target)


def missing() -> list[str]:
    """What this machine lacks for confinement, as sentences; empty where all is there."""
    if not sys.platform.startswith("linux"):
        return ["Isolation needs Linux."]
    lacks = []
    if not landlock_version():
        lacks.append("The kernel has no Landlock (Linux 5.13 or newer, switched on).")
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        lacks.append("libseccomp is not installed.")
    child = os.fork()
    if child == 0:
        try:
            leave_the_machine()
            os._exit(0)
        except OSError:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        lacks.append(
            "User namespaces are not allowed here (kernel.unprivileged_userns_clone, or the container's settings)."
        )
    return lacks
