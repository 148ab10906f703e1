"""Student code tries to get out of its room: at cell time, and inside a function that a test calls."""

import fcntl
import os
import re
import site
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from attacks import Desk, lost, printed, skip_where_nothing_isolates

from autograder.errors import Refused
from autograder.paths import ROOT, SOLUTIONS
from autograder.rooms import calls, engine, readable
from autograder.rooms import line as lines

skip_where_nothing_isolates()

TOKEN = "tok-4711-of-the-instructor"

# Each is the body of a function: it gets through where it neither raises nor returns False.
HARMLESS = {  # tried without isolation too, where they must get through: else these tests could not fail
    "read the solutions": "open({solutions!r}).read()",
    "read the grader": "open({grader!r}).read()",
    "read the gradebook": "open({gradebook!r}).read()",
    "read another submission": "open({other!r}).read()",
    "learn the size of another submission": "os.stat({other!r})",
    "list the submissions": "os.listdir(os.path.dirname({other!r}))",
    "read /etc/passwd": "open('/etc/passwd').read()",
    "list /root": "os.listdir('/root')",
    "list /": "os.listdir('/')",
    "read a program": "open('/usr/bin/env', 'rb').read(1)",
    "read Python's program": "open(sys.executable, 'rb').read(1)",
    "list what the machine shares": "os.listdir('/usr/share')",
    "look into /usr/local": "os.listdir('/usr/local/bin')",
    "look beside the libraries": "open(os.path.join(sys.prefix, 'pyvenv.cfg')).read(1)",
    "list /proc": "os.listdir('/proc')",
    "read a parent's memory map": "open(f'/proc/{{os.getppid()}}/maps').read(1)",
    "see other processes": "os.stat('/proc/{grader_pid}')",
    "write beside the gradebook": "open({gradebook!r} + '.new', 'w').close(); os.unlink({gradebook!r} + '.new')",
    "write to shared memory": "open('/dev/shm/room-test', 'w').close(); os.unlink('/dev/shm/room-test')",
    "make a folder there": "os.mkdir({gradebook!r} + '.folder'); os.rmdir({gradebook!r} + '.folder')",
    "change the gradebook's mode": "os.chmod({gradebook!r}, 0o600)",
    "touch the gradebook": "os.utime({gradebook!r})",
    "link to the gradebook": "os.symlink({gradebook!r}, 'link'); open('link').read()",
    "hard link": "os.link({gradebook!r}, {gradebook!r} + '.hard'); os.unlink({gradebook!r} + '.hard')",
    "rename": "os.rename({gradebook!r} + '.a', {gradebook!r} + '.b'); os.rename({gradebook!r} + '.b', {gradebook!r} + '.a')",
    "truncate": "os.truncate({gradebook!r} + '.a', 0)",
    "TCP": "socket.socket()",
    "UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "abstract unix socket": "socket.socket(socket.AF_UNIX).bind(b'\\0room-test')",
    "socket pair": "socket.socketpair()",
    "fork": "pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)",
    "posix_spawn": "os.waitpid(os.posix_spawn('/bin/true', ['true'], {{}}), 0)",
    "subprocess": "subprocess.run(['/bin/true'], check=True)",
    "shell": "return os.system('true') == 0",
    "multiprocessing": "p = multiprocessing.get_context('fork').Process(target=int); p.start(); p.join()",
    "memory file": "os.memfd_create('x')",
    "watch folders": "return libc.inotify_init() >= 0",
    "watch a folder by signals": "fcntl.fcntl(os.open('.', os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_CREATE)",
    "a pipe of a megabyte": "fcntl.fcntl(os.pipe()[1], fcntl.F_SETPIPE_SZ, 2**20)",
    "requests to the disk": "return libc.syscall(206, 64, ctypes.byref(ctypes.c_ulong())) >= 0",
    "write all disks": "return libc.syscall(162) >= 0",
    "write one disk": "return libc.syscall(306, os.open('.', os.O_RDONLY)) >= 0",
    "what the machine has in memory": "return libc.mincore(ctypes.c_void_p(mmap_address()), 4096, ctypes.create_string_buffer(8)) >= 0",
    "wake every processor": "return libc.syscall(324, 2, 0) >= 0 and libc.syscall(324, 1, 0) >= 0",
    "a timer": "return libc.syscall(222, 0, 0, ctypes.byref(ctypes.c_int())) >= 0",
}
NEVER = {  # not to be let loose, or refused to everybody anyhow
    "read the solutions as files that are open": "return any(b'SOLUTION' in os.pread(n, 10**6, 0) for n in range(3, 200) if regular(n))",
    "another process's memory": "return libc.syscall(310, {grader_pid}, 0, 0, 0, 0, 0) >= 0",
    "ptrace": "return libc.ptrace(16, {grader_pid}, 0, 0) >= 0",
    "pidfd_open": "os.pidfd_open(os.getppid() or 1)",
    "vfork by number": "return libc.syscall(58) >= 0",
    "clone3": "return libc.syscall(435, 0, 0) >= 0 or ctypes.get_errno() != 38",
    "clone with odd flags": "return libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0",
    "clone a thread into new namespaces": "return libc.syscall(56, 0x10000 | 0x100 | 0x800 | 0x40000000, 0, 0, 0, 0) >= 0",
    "execve": "os.execv('/bin/true', ['true'])",
    "execveat": "return libc.syscall(322, -100, b'/bin/true', 0, 0, 0) >= 0",
    "unshare": "return libc.unshare(0x10000000) >= 0",
    "mount": "return libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) >= 0",
    "umount": "return libc.umount2(b'/usr', 2) >= 0",
    "chroot": "os.chroot('.')",
    "new mount calls": "return libc.syscall(428, -100, b'/', 1) >= 0",
    "mount list": "return libc.syscall(458, 0, 0, 0, 0) >= 0 or ctypes.get_errno() != 38",
    "io_uring": "return libc.syscall(425, 1, 0) >= 0",
    "bpf": "return libc.syscall(321, 0, 0, 0) >= 0",
    "userfaultfd": "return libc.syscall(323, 0) >= 0",
    "keyring": "return libc.syscall(250, 0, -3, 1) >= 0",
    "become root": "os.setuid(0)",
    "root inside": "return os.getuid() == 0",
    "live on without a parent": "return libc.prctl(1, 0, 0, 0, 0) >= 0",
    "be looked into": "return libc.prctl(4, 1, 0, 0, 0) >= 0",
    "signal the grader": "os.kill({grader_pid}, 0)",
    "signal the parent": "return os.getppid() != 0 and os.kill(os.getppid(), 0) is None",
    "write into Python": "open(os.__file__, 'a')",
    "write beside Python": "open(os.path.dirname(os.__file__) + '/shadow.py', 'w')",
    "make Python's files writable": "os.chmod(os.__file__, 0o666)",
    "device": "os.mknod('null', 0o020666, os.makedev(1, 3))",
    "raise a limit": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "file beyond the limit": "f = open('big', 'wb')\nfor _ in range(40): f.write(bytes(2**20))\nf.flush()",
    "more than the quota": "for i in range(9): open(f'big{{i}}', 'wb').write(bytes(15 * 2**20))",
    "many files": "for i in range(10_000): open(f'many{{i}}', 'w').close()",
    "many open files": "kept.extend(open('/dev/null') for _ in range(1000))",
    "numpy memory bomb": "np.ones(2**30)",
    "bytearray": "bytearray(4 * 2**30)",
    "another network": "return len(socket.if_nameindex()) > 1",
    "the grader's environment": "return {token!r} in environment()",
    "run what was written": "open('x', 'w').write('#!/bin/sh'); os.chmod('x', 0o755); os.execv('x', ['x'])",
    "map what was written": "open('y', 'wb').write(bytes(4096)); mmap.mmap(os.open('y', 0), 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
}

PRELUDE = '''
import ctypes, fcntl, mmap, multiprocessing, os, resource, socket, stat, subprocess, sys
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)

def mmap_address():
    return ctypes.addressof(ctypes.c_int.in_dll(libc, "_IO_2_1_stdin_")) & ~4095

kept, SEEN = [], {}

def regular(number):
    try:
        return stat.S_ISREG(os.fstat(number).st_mode)
    except OSError:
        return False

def environment():
    """What lies behind the program's name on the stack: the first environment of the process."""
    start = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value & ~4095
    out = os.open("stack", os.O_RDWR | os.O_CREAT)
    while libc.write(out, ctypes.c_void_p(start), 4096) > 0:
        start += 4096
    return os.pread(out, 10**6, 0).decode("latin-1")

def tried(when):
    for name, attack in ATTACKS.items():
        if (name, when) in SEEN:
            continue
        try:
            SEEN[name, when] = "open" if attack() is not False else "refused"
        except BaseException as error:
            SEEN[name, when] = f"refused {type(error).__name__}"
        kept.clear()
        for file in os.listdir():
            if os.path.isfile(file) and file != "class.py":
                os.unlink(file)
'''


def attacks(table, **facts):
    """A cell that defines every attack of the table as a function."""
    lines = [PRELUDE, "ATTACKS = {}"]
    for number, (name, body) in enumerate(table.items()):
        indented = body.format(**facts).replace("\n", "\n    ")
        lines.append(f"def attack_{number}():\n    {indented}\nATTACKS[{name!r}] = attack_{number}")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def desk():
    os.environ["COURSE_TOKEN"] = TOKEN
    yield Desk()
    del os.environ["COURSE_TOKEN"]


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    folder.chmod(0o755)
    for name in ("gradebook.db", "gradebook.db.a", "other.ipynb"):
        (folder / name).write_text("marks")
        (folder / name).chmod(0o666)
    return {
        "solutions": str(next(SOLUTIONS.glob("*.md"))),
        "grader": str(ROOT / "autograder" / "answers" / "marks.py"),
        "gradebook": str(folder / "gradebook.db"),
        "other": str(folder / "other.ipynb"),
        "grader_pid": os.getpid(),
        "token": TOKEN,
    }


def outcomes(desk, table, facts, how=None):
    """(attack, when) -> what came of it."""
    answer = "def kernel_pooling(*a):\n    tried('called')\n    raise ValueError('tried')"
    _, notebook = desk.hand_in(
        {"kernel_pooling": answer},
        first=[attacks(table, **facts), "tried('cell')"],
        last=["for (name, when), seen in SEEN.items(): print(f'{name}|{when}|{seen}')"],
        how=how,
    )
    return {tuple(line.split("|")[:2]): line.split("|")[2] for line in printed(notebook).splitlines()}


@pytest.fixture(scope="module")
def confined(desk, facts):
    return outcomes(desk, HARMLESS | NEVER, facts, engine.How(seconds=20))


@pytest.mark.parametrize("when", ["cell", "called"])
@pytest.mark.parametrize("attack", [*HARMLESS, *NEVER])
def test_the_room_has_no_way_out(confined, attack, when):
    assert confined[attack, when].startswith("refused")


def test_without_isolation_these_attacks_get_through(desk, facts):
    """Else the tests above could not fail."""
    found = outcomes(desk, HARMLESS, facts, engine.How(seconds=20, confined=False))
    stopped = {name for (name, _), seen in found.items() if seen != "open"}
    may_be_missing = {"list /root", "change the gradebook's mode"} if os.getuid() else set()
    assert stopped <= may_be_missing


def test_nothing_was_written(facts):
    folder = Path(facts["gradebook"]).parent
    assert sorted(p.name for p in folder.iterdir()) == ["gradebook.db", "gradebook.db.a", "other.ipynb"]
    assert (folder / "gradebook.db").read_text() == "marks"


CALLED = """
import ctypes
libc, got = ctypes.CDLL(None, use_errno=True), []
for number in {numbers}:
    ctypes.set_errno(0)
    if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() not in (1, 38):
        got.append(number)
print(got)
"""


def numbers(names):
    import pyseccomp

    return {pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in names}


CONDITIONAL = ("clone", "fcntl", "ioctl", "mmap", "prctl", "prlimit64")


def test_what_the_kernel_has_beyond_the_list_is_refused(desk):
    """Every number, whatever it may mean; those that depend on their arguments are tried above."""
    known = numbers([*calls.ALLOWED, *calls.DONE_ALREADY, *CONDITIONAL])
    assert len(known) > 100
    probes = {
        335,
        336,
    }  # the kernel's own trampolines: called from anywhere else they end the process, before any filter
    rest = [number for number in range(600) if number not in known | probes]
    _, notebook = desk.hand_in(first=[CALLED.format(numbers=rest)])
    assert printed(notebook).strip() == "[]"
    _, notebook = desk.hand_in(first=[CALLED.format(numbers=sorted(numbers(["getpid", "getuid"])))])
    assert printed(notebook).strip() != "[]", "this test could not fail"


LOCK = """
import fcntl, os, tempfile
for path in (os.__file__, tempfile.mkstemp()[1]):
    for lock in (fcntl.flock, fcntl.lockf):
        lock(open(path, "r" if path == os.__file__ else "r+"), fcntl.LOCK_SH)
    kept = open(path)
    fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.fsync(kept.fileno())
print("locked")
"""


def test_a_lock_in_a_room_locks_nobody_out():
    room = lines.warm(True).fork()
    try:
        assert room.ask({"do": "run", "source": LOCK}, 20)["stdout"] == "locked\n"
        with open(os.__file__) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        room.end()


@pytest.fixture
def among_libraries():
    """A class that somebody has put beside the installed packages."""
    try:
        folder = tempfile.TemporaryDirectory(dir=site.getsitepackages()[0], prefix="class-")
    except OSError:
        pytest.skip("The environment is not ours to write.")
    with folder as name:
        Path(name).chmod(0o755)
        work = Path(name, "submitted", "ada", "other.ipynb")
        work.parent.mkdir(parents=True)
        work.write_text("an answer")
        yield Path(name)


def read_in_a_room(desk, path):
    graded, notebook = desk.hand_in(first=[f"print(open({str(path)!r}).read())"])
    assert lost(graded) == {}
    return printed(notebook)


def test_a_class_among_the_libraries_is_hidden(desk, among_libraries, tmp_path):
    linked = tmp_path / "linked"
    linked.symlink_to(among_libraries / "submitted")
    work = among_libraries / "submitted" / "ada" / "other.ipynb"
    assert "an answer" in read_in_a_room(desk, work), "this test could not fail"
    engine.start(engine.How(), [linked])
    assert read_in_a_room(desk, work) == ""
    assert linked.resolve() in map(Path, readable.closed())


def test_a_class_that_holds_the_libraries_themselves_is_refused(monkeypatch, tmp_path):
    within = tmp_path / "usr" / "class" / ".venv"
    within.mkdir(parents=True)
    monkeypatch.setattr(readable, "paths", lambda: [str(tmp_path / "usr"), str(within)])
    for folder in (tmp_path / "usr", tmp_path / "usr" / "class", within):
        with pytest.raises(Refused, match="Move it to another place"):
            engine.start(engine.How(), [folder])
    engine.start(engine.How(), [tmp_path, tmp_path / "usr" / "other"])  # above, and beside


def test_a_room_reads_nothing_by_habit():
    """No place is named that holds what is not Python's: neither /usr nor a home, nor what lies above the libraries."""
    for path in readable.paths():
        assert Path(path) not in Path(os.__file__).parent.parents
        assert not any(
            Path(path) in Path(other).parents
            for other in ("/usr/local/x", "/usr/share/x", "/usr/lib/x", ROOT, Path.home())
        )


SOCKET = """
import os, socket, stat, struct
def line():
    for number in range(3, 100):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                return number
        except OSError:
            pass
"""
TIME, ENDED, MEDDLED = "did not come back in time", "ended the Python process", "meddled"

ENDINGS = {  # name -> (body of the function, what the student is told)
    "loop": ("while True: pass", TIME),
    "one long call": ("pow(3, 10**9)", TIME),
    "regular expression": ("import re; re.match(r'(a+)+$', 'a' * 60 + 'b')", TIME),
    "signals ignored": (
        "import signal\n    for s in (2, 15, 14): signal.signal(s, signal.SIG_IGN)\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass",
        TIME,
    ),
    "os._exit": ("import os; os._exit(0)", ENDED),
    "exit in a thread": ("import os, threading; threading.Thread(target=os._exit, args=(3,)).start(); import time; time.sleep(9)", ENDED),
    "abort": ("import os; os.abort()", "crashed"),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "stack overflow": ("import sys, functools\n    sys.setrecursionlimit(10**9)\n    class A:\n        def __repr__(self): return repr([self])\n    repr(A())", "crashed"),
    "another machine's system call": ("import ctypes; ctypes.CDLL(None).syscall(0x40000000 | 39)", "crashed"),
    "sys.exit": ("import sys; sys.exit(0)", "SystemExit"),
    "SystemExit": ("raise SystemExit", "SystemExit"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "memory bomb": ("import numpy as np; np.ones(2**31)", "more memory than it may have"),
    "growing list": ("import numpy as np\n    x = []\n    while True: x.append(np.empty(10**7))", "more memory than it may have"),
    "threads": ("import threading, time\n    while True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()", "RuntimeError"),
    "network": ("import socket; socket.create_connection(('127.0.0.1', 80))", "no other files, network or programs"),
    "file": ("open('/root/.bashrc')", ""),
    "program": ("import subprocess; subprocess.run(['ls'])", "no other files, network or programs"),
    "line closed": (SOCKET.replace("\n", "\n    ") + "\n    os.close(line())", ENDED),
    "garbage on the line": (SOCKET.replace("\n", "\n    ") + "\n    os.write(line(), b'x' * 100)", MEDDLED),
    "drop by drop": (SOCKET.replace("\n", "\n    ") + "\n    import time\n    os.write(line(), struct.pack('<QQ', 1000, 1))\n    while True: os.write(line(), b'x'); time.sleep(0.2)", TIME),
    "huge frame": (SOCKET.replace("\n", "\n    ") + "\n    os.write(line(), struct.pack('<QQ', 2**62, 1))", MEDDLED),
    "answer before the question": (
        SOCKET.replace("\n", "\n    ") + "\n    h = b'{}'\n    os.write(line(), struct.pack('<QQI', 4 + len(h), 1, len(h)) + h)",
        MEDDLED,
    ),
    "no answers": ("import gc\n    from autograder.rooms import wire, student\n    wire.encode = None", ENDED),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_bad_end_costs_its_own_exercise_and_is_explained(desk, ending):
    body, said = ENDINGS[ending]
    started = time.monotonic()
    graded, _ = desk.hand_in({"kernel_pooling": f"def kernel_pooling(*args):\n    {body}"})
    found = lost(graded)
    assert set(found) == {"kernel_pooling"}
    assert said in found["kernel_pooling"] or "an input that you do not see" in found["kernel_pooling"]
    assert time.monotonic() - started < 12


@pytest.mark.parametrize("ending", ["loop", "os._exit", "segmentation fault", "garbage on the line"])
def test_a_bad_end_at_cell_time_costs_no_more(desk, ending):
    body = ENDINGS[ending][0].replace("\n    ", "\n")
    graded, _ = desk.hand_in({"hop_penalty": body})
    assert set(lost(graded)) == {"hop_penalty"}
    graded, _ = desk.hand_in(first=[body])
    assert lost(graded) == {}


def test_many_endless_cells_do_not_take_for_ever(desk):
    started = time.monotonic()
    desk.hand_in(first=["while True: pass"] * 200, how=engine.How(seconds=0.3))
    assert time.monotonic() - started < 10


SIGNALS = """
import os, signal
for target in (0, -1, 1, os.getppid() or 1):
    for number in (9, 15, 19):
        try:
            os.kill(target, number)
        except OSError:
            pass
print("still here")
"""


def test_signals_reach_nobody(desk):
    graded, _ = desk.hand_in(first=[SIGNALS])
    assert lost(graded) == {}


@pytest.mark.parametrize(
    "flood",
    [
        "for i in range(10**6): print('x' * 100)",
        "import os\nfor i in range(10**5): os.write(1, b'x' * 1000); os.write(2, b'x' * 1000)",
        "from IPython.display import display\nclass Big:\n    def _repr_html_(self): return 'x' * 10**8\n    def __repr__(self): return 'y' * 10**7\nfor i in range(20): display(Big())",
        "'x' * 10**8",
        "import warnings\nfor i in range(10**5): warnings.warn(str(i))",
    ],
)  # fmt: skip
def test_output_is_cut(desk, flood):
    graded, notebook = desk.hand_in(first=[flood])
    assert lost(graded) == {}
    assert len(str(notebook.cells[0].outputs)) < 5_000_000


OUTLIVE = """
import os, threading, time, signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
def busy():
    while True: pass
threading.Thread(target=busy, daemon=True).start()
threading.Thread(target=busy).start()
for attempt in (os.fork, os.setsid):
    try:
        attempt()
    except OSError:
        pass
"""


def below(pid):
    """The processes that descend from one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = {pid}
    while more := {child for child, parent in parents if parent in found} - found:
        found |= more
    return found - {pid}


def test_the_machine_is_left_clean(desk):
    warm = lines.warm(True).process.pid
    mounts, temporary = Path("/proc/self/mountinfo").read_text(), set(Path("/tmp").glob("room-*"))
    desk.hand_in(first=[OUTLIVE])
    desk.hand_in({"hop_penalty": ENDINGS["loop"][0]})
    until = time.monotonic() + 5
    while below(warm) and time.monotonic() < until:
        time.sleep(0.05)
    assert below(warm) == set()
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert set(Path("/tmp").glob("room-*")) == temporary


def test_a_room_ends_with_the_grader():
    """Kill the grader while student code runs that ignores what it can: nothing is left."""
    script = (
        "import sys\nfrom autograder.rooms.line import Warm\nwarm = Warm()\nline = warm.fork()\n"
        "print(warm.process.pid, flush=True)\n"
        "line.ask({'do': 'run', 'source': sys.argv[1]}, 60)"
    )
    source = "import ctypes, signal\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass"
    grader = subprocess.Popen(
        [os.sys.executable, "-c", script, source], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    warm = int(grader.stdout.readline())
    time.sleep(0.5)
    inside = below(warm)
    assert len(inside) == 2
    grader.kill()
    grader.wait()
    until = time.monotonic() + 5
    alive = {warm, *inside}
    while alive and time.monotonic() < until:
        time.sleep(0.05)
        alive = {pid for pid in alive if Path(f"/proc/{pid}").exists() and "Z" not in _state(pid)}
    assert alive == set()


def _state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_new_warm_process_takes_over_from_one_that_died(desk):
    warm = lines.warm(True)
    warm.process.kill()
    warm.process.wait()
    graded, _ = desk.hand_in(how=engine.How(seconds=10))
    assert lost(graded) == {}


HONEST = {
    "standard library": "import dataclasses, functools, itertools, json, statistics, typing, collections, decimal, wave\nstatistics.mean([1, 2])",
    "plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('σ'); plt.show()",
    "inline plot": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.imshow([[1, 2]]); plt.savefig('a.png')",
    "timing": "%timeit -n 2 -r 2 sum(range(10))",
    "seeds": "import numpy, torch\ntorch.manual_seed(1); numpy.random.seed(1); torch.randn(3); numpy.random.rand(3)",
    "threads inside": "import torch\ntorch.set_num_threads(4)\n(torch.randn(500, 500) @ torch.randn(500, 500)).sum().item()",
    "pool": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool: list(pool.map(abs, range(99)))",
    "files": "open('a.txt', 'w').write('x'); assert open('a.txt').read() == 'x'\nimport numpy as np\nnp.save('b.npy', np.ones(3)); np.load('b.npy')",
    "temporary files": "import tempfile, os\nwith tempfile.TemporaryDirectory() as d: open(os.path.join(d, 'x'), 'w').close()\nopen('/tmp/mine', 'w').close()",
    "warnings": "import warnings, numpy as np\nwarnings.warn('a'); np.float64(1) / 0",
    "display": "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'), 3)",
    "training": "import torch\nm = torch.nn.Linear(3, 1); o = torch.optim.Adam(m.parameters())\nm(torch.ones(2, 3)).sum().backward(); o.step(); torch.save(m.state_dict(), 'm.pt'); torch.load('m.pt')",
    "compiled by torch": "import torch\n@torch.compile\ndef f(x): return x + 1\n@torch.compile(mode='max-autotune')\ndef g(x): return f(x)\nm = torch.compile(torch.nn.Linear(3, 2)); m.compile()\nassert g(m(torch.ones(1, 3))).shape == (1, 2) and list(dict(m.named_parameters())) == ['weight', 'bias']",
    "database": "import sqlite3\nwith sqlite3.connect('a.db') as d: d.execute('create table t (x)'); d.execute('insert into t values (1)')\nassert sqlite3.connect('a.db').execute('select * from t').fetchall() == [(1,)]",
    "shelf and map": "import shelve, numpy as np\nwith shelve.open('s') as s: s['a'] = 1\nm = np.memmap('m', dtype='f4', mode='w+', shape=9); m[:] = 1; m.flush()",
    "copies": "import shutil, tarfile\nopen('a', 'w').write('x'); shutil.copy2('a', 'b'); shutil.copytree('.', '/tmp/all'); shutil.make_archive('/tmp/c', 'gztar'); shutil.disk_usage('.')",
    "alarm": "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()",
    "waiting": "import select, os, threading\nr, w = os.pipe(); threading.Thread(target=os.write, args=(w, b'x')).start(); assert select.select([r], [], [], 9)[0]",
    "time zones": "import datetime, zoneinfo, locale\ndatetime.datetime.now(zoneinfo.ZoneInfo('Asia/Shanghai')); locale.getlocale()",
    "other packages": "import scipy.stats, sklearn.linear_model, skimage.filters, PIL.Image, tqdm.auto\nscipy.stats.norm.cdf(0)",
    "home": "from pathlib import Path\nPath.home().joinpath('x').write_text('x')",
    "a missing import, caught": "try:\n    import einops\nexcept ImportError: pass",
}  # fmt: skip


IMPORTED = """
import importlib, sys
failed = []
for name in sorted(sys.stdlib_module_names - {"__main__", "antigravity", "idlelib", "this"}):
    try:
        importlib.import_module(name)
    except ImportError:
        failed.append(name)
print(failed)
"""


def test_the_whole_standard_library_is_there(desk):
    outside = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    _, notebook = desk.hand_in(first=[IMPORTED], how=engine.How())
    assert printed(notebook) == outside.stdout


@pytest.mark.parametrize("name", HONEST)
def test_what_honest_students_do_works(desk, name):
    # as much time as a class has: on a busy machine a training takes longer than the two seconds of the other tests
    graded, notebook = desk.hand_in(first=[HONEST[name]], how=engine.How())
    assert graded.score == graded.max_score
    assert graded.notes == []
    assert not any(o.output_type == "error" for o in notebook.cells[0].outputs)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("!ls", "no other programs"),
        ("files = !ls", "no other programs"),
        ("input('?')", "nobody sits there"),
        ("import einops", "No module named 'einops'"),
        ("open('/data/points.csv')", "No such file"),
    ],
)
def test_what_cannot_be_had_is_said_and_harms_nothing(desk, source, said):
    graded, _ = desk.hand_in(first=[source])
    assert graded.score == graded.max_score
    assert re.search(said, " ".join(graded.notes))
