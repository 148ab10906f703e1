"""IPython's shell as a student room has it: what notebooks expect of Jupyter, without programs, history or somebody to ask.

Made once, in the warm process, before it has forked a room.
"""

import builtins
import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the room's own imports are for the warm process to make
    from IPython.core.interactiveshell import InteractiveShell

NO_PROGRAMS = "no other programs are run while grading; the line was passed over."
NO_EXIT = "exit() does nothing while grading; the line was passed over."
OUTPUT = 128 * 1024  # characters that a cell may print; the rest is dropped


class Printed(io.TextIOBase):
    """Collects what a cell prints, up to a limit."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size, self.cut = 0, False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        text = str(text)
        room = OUTPUT - self.size
        if len(text) > room:
            self.cut = True
        if room <= 0:
            return len(text)
        self.parts.append(text[:room])
        self.size += min(len(text), room)
        return len(text)

    def text(self) -> str:
        return "".join(self.parts) + ("\n… (cut here: too much output)" if self.cut else "")


def new_shell() -> "InteractiveShell":
    """IPython's shell, without history, files or threads.  Made once, before forking."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Context"
    config.InteractiveShell.autocall = 0
    shell: Any = InteractiveShell.instance(config=config)  # much of it is replaced here
    shell.enable_gui = lambda gui=None: None  # ``%matplotlib inline`` asks for one
    shell._showtraceback = lambda *_: None  # the exception itself is passed on
    shell.displayhook.write_output_prompt = lambda: None
    shell.db = {}  # where %cd keeps its history; else a folder of the grader's
    shell.system, shell.getoutput, shell.ask_exit = _no_programs, _no_output, _no_exit
    for name in _PROGRAMS:
        shell.register_magic_function(_no_programs, "cell", name)
    builtins.input = _nobody_there
    return shell


def lend_a_loop(shell: "InteractiveShell") -> None:
    """What runs a cell with ``await``.  Made before the room is closed: a loop wants a pair of sockets, to wake itself."""
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    shell.loop_runner = loop.run_until_complete


def compile_nothing() -> None:
    """``torch.compile`` wants a compiler, which cannot be had in a room: it leaves everything as it is."""
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.compile = lambda model=None, **_: (lambda thing: thing) if model is None else model


_PROGRAMS = (
    "bash",
    "sh",
    "script",
    "system",
    "sx",
    "!",
    "perl",
    "ruby",
    "pypy",
    "python",
    "python2",
    "python3",
)


def _no_programs(*_args, **_more):
    """In Jupyter, too, the cell goes on where a program fails."""
    print(NO_PROGRAMS, file=sys.stderr)


def _no_output(*_args, **_more):
    from IPython.utils.text import SList

    _no_programs()
    return SList()


def _no_exit():
    print(NO_EXIT, file=sys.stderr)


def _nobody_there(prompt=""):
    raise EOFError("input() cannot be answered while grading: nobody sits there. Set a variable instead.")
