"""Which calls of the system a student's room may make: those that Python, NumPy, torch and matplotlib need to compute, to keep
files of their own and to run threads.

All else is refused, whatever the kernel may have come to know since: new processes and programs, sockets, and what takes from
stores or waits for queues that all processes of the machine share.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import struct
import tempfile
from functools import cache

_BY_USE = {
    "memory": "brk munmap mremap mprotect madvise get_mempolicy",
    "threads": "exit exit_group futex set_robust_list get_robust_list set_tid_address rseq sched_yield arch_prctl sched_getaffinity"
    " sched_setaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min",
    "about itself": "getpid getppid gettid getpgid getpgrp getsid getuid geteuid getgid getegid getgroups getresuid getresgid wait4"
    " waitid getpriority getcpu getrusage times sysinfo uname getrlimit",
    "signals": "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack restart_syscall"
    " kill tkill tgkill pause alarm getitimer setitimer",
    "time and chance": "clock_gettime clock_getres clock_nanosleep gettimeofday nanosleep time getrandom",
    "open files": "open openat openat2 creat close close_range dup dup2 dup3 read readv pread64 preadv preadv2 write writev pwrite64"
    " pwritev pwritev2 lseek sendfile copy_file_range fadvise64 truncate ftruncate fallocate fstat fstatfs getdents getdents64",
    "pipes, and the line to the grader": "pipe pipe2 poll ppoll select pselect6 epoll_ctl epoll_wait epoll_pwait recvfrom sendto",
    "names of files": "stat lstat newfstatat statx statfs access faccessat faccessat2 readlink readlinkat getcwd chdir fchdir"
    " mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat chmod fchmod fchmodat fchmodat2"
    " umask utime utimes utimensat futimesat getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr",
}
ALLOWED = [call for calls in _BY_USE.values() for call in calls.split()]

# What is written lies in memory, and nobody else is there to be locked out: these say that it is done, and do nothing.  The
# kernel would make them wait for the machine's disks, or have them lock a file of the environment against everybody.
DONE_ALREADY = ("fsync", "fdatasync", "msync", "flock")
_LOCKS = (fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38)  # and those of open files, F_OFD_SETLK and F_OFD_SETLKW

_FILE_COMMANDS = (
    *(fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_SETFL),
    *(fcntl.F_GETLK, 36),  # F_OFD_GETLK
)
_TERMINAL_COMMANDS = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIO(N)CLEX
_PROCESS_COMMANDS = (
    3,
    15,
    16,
    39,
    0x53564D41,
)  # dumpable?, set and get a thread's name, no_new_privs?, name memory

# Numbers that are the same on all machines.  The C library tries new calls first, and takes an older one where it is told that
# the kernel has none; "not permitted" would be the last word.
_NEWER = range(424, 512)

_CLONE_THREAD = 0x00010000
_GROWS = 0x0100  # MAP_GROWSDOWN
_PR_SET_SECCOMP, _SECCOMP_FILTER = 22, 2


@cache
def permitted() -> bytes:
    """The filter as the kernel takes it.  Made once, in the warm process: that takes longer than to put it on."""
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    known = set()

    def add(action, call, *conditions):
        number = call if isinstance(call, int) else seccomp.resolve_syscall(seccomp.Arch.NATIVE, call)
        if number >= 0:  # else no call of this kind of machine, or newer than the library
            known.add(number)
            rules.add_rule(action, number, *conditions)

    for name in ALLOWED:
        add(seccomp.ALLOW, name)
    for name in DONE_ALREADY:
        add(seccomp.ERRNO(0), name)
    for name in ("fcntl", "fcntl64"):
        for command in _FILE_COMMANDS:
            add(seccomp.ALLOW, name, seccomp.Arg(1, seccomp.EQ, command))
        for command in _LOCKS:
            add(seccomp.ERRNO(0), name, seccomp.Arg(1, seccomp.EQ, command))
    for command in _TERMINAL_COMMANDS:
        add(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, command))
    for command in _PROCESS_COMMANDS:
        add(seccomp.ALLOW, "prctl", seccomp.Arg(0, seccomp.EQ, command))
    for name in (
        "mmap",
        "mmap2",
    ):  # only a process's own memory is counted, and not where it grows like a stack
        add(seccomp.ALLOW, name, seccomp.Arg(3, seccomp.MASKED_EQ, mmap.MAP_SHARED | _GROWS, 0))
        add(
            seccomp.ALLOW,
            name,
            seccomp.Arg(3, seccomp.MASKED_EQ, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | _GROWS, mmap.MAP_SHARED),
        )
    add(seccomp.ALLOW, "prlimit64", seccomp.Arg(2, seccomp.EQ, 0))  # to ask, not to set
    add(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD))
    for number in _NEWER:
        if number not in known:  # clone3 among them, whose flags lie in memory, where a filter cannot look
            add(seccomp.ERRNO(errno.ENOSYS), number)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def permit() -> None:
    """From here on, only these."""
    instructions = permitted()
    held = ctypes.create_string_buffer(instructions, len(instructions))
    program = struct.pack("@HP", len(instructions) // 8, ctypes.addressof(held))  # struct sock_fprog
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, program, 0, 0) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
