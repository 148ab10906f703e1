"""The student room: run cells in IPython's shell, call what they define, keep what is not data.

Everything here runs beside the student's code and may be tampered with by it.  Nothing is trusted that comes out.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from socket import socket as Socket
from types import CodeType
from typing import TYPE_CHECKING, Any

from autograder.rooms import wire
from autograder.rooms.shell import Printed

if TYPE_CHECKING:  # the room's own imports are for the warm process to make
    from IPython.core.interactiveshell import InteractiveShell
    from numpy import ndarray
    from torch import Tensor

Reply = dict[str, Any]  # to a request: what is asked for, or ``error``, what the student's code raised

MOST_SHOWN = 2 * 2**20  # characters of all pictures and texts that a cell may show
CALLS_KEPT = 64  # results whose gradients can still be asked for
_NUMPYS_OWN: dict[str, Any] = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


_compiled: dict[str, CodeType] = {}  # text of a given cell -> its code, made before forking


def compile_given(sources: Iterable[str]) -> None:
    """Compile the course's own cells once for all rooms: that takes ten times as long as to run them.

    What is not plain Python, a magic, say, is left to IPython.
    """
    for source in sources:
        with contextlib.suppress(SyntaxError):
            _compiled[source] = compile(source, "<given>", "exec")


class StudentRoom:
    """Serves requests of the test room until the other side goes away."""

    def __init__(self, shell: "InteractiveShell", socket: Socket | None) -> None:
        self.shell, self.socket = shell, socket  # without one it is asked by ``answered`` alone
        self.objects: list[Any] = []  # by handle number
        self.given: dict[str, Any] = {}  # functions of the course's own, as they were when their cell had run
        # number -> (what was called, arguments, results) of a call whose gradient may be asked for
        self.calls: dict[int, tuple[Any, list[Any], Any]] = {}
        self.stubs: dict[str, Any] = {}  # exercise -> what its cell binds where nobody has answered
        # name -> what a cell of the course's has made of the student's function
        self.wrapped: dict[str, Any] = {}
        self.kept: dict[int, dict[str, Any]] = {}  # moment -> all names as they were then

    def serve(self) -> None:
        """Answer one request after the other."""
        assert self.socket is not None
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            try:
                number, request = wire.receive(self.socket)
            except EOFError:
                return
            wire.send_encoded(self.socket, self.answered(request), number)

    def answered(self, request: dict[str, Any]) -> bytes:
        """The answer to a request, encoded."""
        answer = self._answer(request)
        try:
            return wire.encode(answer, self.keep)
        except wire.NotData as why:
            return wire.encode({"refused": str(why)})
        except (
            Exception
        ) as fault:  # an object may do anything when it is looked at; the room must not end by it
            return wire.encode({"refused": f"something that cannot be read ({type(fault).__name__})"})

    def _answer(self, request: dict[str, Any]) -> Reply:
        try:
            return getattr(self, "do_" + request.pop("do"))(**request)
        except BaseException as error:  # SystemExit and KeyboardInterrupt of the student's code, too
            return {"error": describe(error)}

    def do_files(self, files: Mapping[str, "ndarray"], environment: Mapping[str, str]) -> Reply:
        """Put files where cells run, before the first; modules among them can be imported, as beside a notebook."""
        for name, data in files.items():
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            with open(name, "wb") as file:
                file.write(data.tobytes())
        os.environ.update(environment)
        return {"result": None}

    def do_written(self) -> Reply:
        """The files where cells run, as they are now: an assignment's next notebook finds them."""
        import numpy as np

        found = {}
        for folder, folders, names in os.walk("."):
            folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        found[os.path.relpath(path)] = np.frombuffer(file.read(), dtype=np.uint8)
        return {"result": found}

    # --- cells

    def do_run(
        self, source: str, given: Iterable[str] = (), stub: str | None = None, wraps: Iterable[str] = ()
    ) -> Reply:
        """Run a cell.

        ``given`` names functions that it defines and tests may pass as arguments, ``wraps`` those of the student's that it
        binds anew.  ``stub`` is the exercise that the cell leaves open: where the name is bound already, the cell is passed over.
        """
        names = self.shell.user_ns
        if stub in names:
            return {}
        shown = self._run(source)
        if stub is not None:
            self.stubs[stub] = names.get(stub)
        self.given.update({name: names.get(name) for name in given})
        self.wrapped.update({name: names.get(name) for name in wraps})
        return shown

    def _run(self, source: str) -> Reply:
        printed, warned = Printed(), Printed()
        out, err = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = printed, warned
        shown: list[dict[str, Any]] = []
        room = MOST_SHOWN

        def show(data, **more):
            nonlocal room
            part = _small(data)
            room -= len(json.dumps(part))  # as it is sent: a letter beyond ASCII takes six
            if room > 0:
                shown.append({**part, **more})

        shell: Any = self.shell  # two of its methods are another's while the cell runs
        shell.display_pub.publish = lambda data=None, metadata=None, **_: show(data)
        shell.displayhook.write_format_data = lambda data, metadata=None: show(data, result=True)
        importlib.invalidate_caches()  # a file that the cell before has written may be a module
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            error = self._executed(source)
        except KeyboardInterrupt as interrupted:
            error = interrupted
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            sys.stdout, sys.stderr = out, err
        return {
            "stdout": printed.text(),
            "stderr": warned.text(),
            "shown": shown,
            "raised": describe(error) if error is not None else None,
        }

    def _executed(self, source: str) -> BaseException | None:
        """Run a cell; returns what it raised, or None."""
        if source in _compiled:
            try:
                exec(_compiled[source], self.shell.user_ns)
            except BaseException as error:
                return error
            return None
        ran = self.shell.run_cell(source, store_history=False)
        return ran.error_before_exec or ran.error_in_exec

    # --- names: what they are bound to, and when

    def do_remember(self, at: int) -> Reply:
        self.kept[at] = dict(self.shell.user_ns)
        return {"result": None}

    def do_recall(self, at: int) -> Reply:
        """Bind all names as they were at a moment; functions see it, too, since these names are their globals."""
        names, then = self.shell.user_ns, self.kept.get(at)
        if then is not None:
            names.clear()
            names.update(then)
        return {"result": None}

    def do_rebound(self, names: Iterable[str], since: int) -> Reply:
        """Whether one of the names that were bound at a moment is bound to something else now."""
        now, then = self.shell.user_ns, self.kept.get(since, {})
        return {"result": any(name in then and now.get(name) is not then[name] for name in names)}

    def do_unanswered(self, names: Iterable[str]) -> Reply:
        """Which of the names are not bound, or still to what the stub says."""
        bound = self.shell.user_ns
        return {"result": [name for name in names if bound.get(name) is self.stubs.get(name)]}

    def do_wrap(self, source: str, names: Sequence[str]) -> Reply:
        """Run a cell that wraps the student's functions again, where one of them was bound anew behind it."""
        bound = self.shell.user_ns
        if any(bound.get(name) is not self.wrapped.get(name) for name in names):
            return self.do_run(source, wraps=names)
        return {}

    # --- objects

    def keep(self, thing: object) -> wire.Handle:
        """A handle for an object that is not data."""
        self.objects.append(thing)
        return wire.Handle(len(self.objects) - 1, _kind(thing), type(thing).__name__)

    def _mean(self, value):
        """Handles in a request become the objects that they stand for."""
        if isinstance(value, wire.Handle):
            return self.given[value.name] if value.kind == "given" else self.objects[value.number]
        if isinstance(value, (list, tuple)):
            return type(value)(self._mean(part) for part in value)
        if isinstance(value, dict):
            return {key: self._mean(part) for key, part in value.items()}
        return value

    def _find(self, name: str | wire.Handle) -> Any:
        if isinstance(name, wire.Handle):
            return self.objects[name.number]
        if name not in self.shell.user_ns:
            raise NameError(f"name '{name}' is not defined")
        return self.shell.user_ns[name]

    def do_call(
        self, what: str | wire.Handle, args: Iterable[Any], kwargs: Mapping[str, Any], call: int | None = None
    ) -> Reply:
        """Call a name or a handle.  ``call`` numbers the call, so that its gradient can be asked for.

        Arguments that the function changed in place are sent back, as if both sides saw the same array.
        """
        import numpy as np

        thing = self._find(what)
        args = [self._mean(part) for part in args]
        kept = [_copy(part) for part in args]
        if call is not None:
            args = [_leaf(part) for part in args]
        kwargs = {key: self._mean(part) for key, part in kwargs.items()}
        with np.errstate(**_NUMPYS_OWN):  # whatever ``np.seterr`` was tried out with
            result = thing(*args, **kwargs)
        if call is not None:
            self.calls[call] = (thing, args, result)
            self.calls.pop(call - CALLS_KEPT, None)
        changed = [
            [i, now] for i, (now, then) in enumerate(zip(args, kept, strict=True)) if _differs(now, then)
        ]
        return {"result": result, "changed": changed}

    def do_parameters(self, of: str | wire.Handle) -> Reply:
        return {"result": dict(self._find(of).named_parameters())}

    def do_load(self, of: str | wire.Handle, parameters: Mapping[str, "Tensor"], strict: bool) -> Reply:
        self._find(of).load_state_dict(parameters, strict=strict)
        return {"result": None}

    def do_mode(self, of: str | wire.Handle, training: bool) -> Reply:
        self._find(of).train(training)
        return {"result": None}

    def do_gradient(self, call: int, seeds: Sequence["Tensor | None"]) -> Reply:
        """Vector–Jacobian product: the gradients of a call's parameters and arguments, given those of its results."""
        import torch

        module, args, result = self.calls[call]
        outputs = [
            part for part in (result if isinstance(result, (tuple, list)) else [result]) if _tensor(part)
        ]
        pairs = [
            (out, seed)
            for out, seed in zip(outputs, seeds, strict=True)
            if seed is not None and out.requires_grad
        ]
        wanted = [p for _, p in module.named_parameters()] if hasattr(module, "named_parameters") else []
        wanted += [part for part in args if _tensor(part) and part.requires_grad]
        if not pairs:
            return {"result": [None] * len(wanted)}
        gradients = torch.autograd.grad(
            [out for out, _ in pairs],
            wanted,
            [seed for _, seed in pairs],
            retain_graph=True,
            allow_unused=True,
        )
        return {"result": list(gradients)}

    def do_modules(self) -> Reply:
        """The modules that are imported by now, for ``warm.preload``."""
        return {"result": [name for name in sys.modules if not name.startswith(("__", "autograder"))]}

    def do_observe(self, exercise: str, probes: list[Any]) -> Reply:
        from autograder.answers import observe

        names = {**self.shell.user_ns, **self.given}
        return {"result": observe.observe(self.shell.user_ns.get(exercise), probes, names)}


def describe(error: BaseException) -> dict[str, str | None]:
    """An exception as data: its kind, its text, and the student's own lines."""
    kind = type(error).__name__
    builtin = next(
        (base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"), "Exception"
    )
    try:
        text = str(error)[:2000]
    except Exception:
        text = ""
    frames = [
        f"line {frame.lineno}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(("<ipython-input", "/tmp/ipykernel", "<cell"))
        or "ipykernel" in frame.filename
    ]
    return {
        "kind": str(kind)[:80],
        "builtin": builtin,
        "text": text,
        "where": frames[-1][:300] if frames else None,
    }


def _small(data):
    """Of what a cell shows, the kinds that a page can show safely."""
    known = ("text/plain", "image/png")
    return {"data": {mime: str(data[mime])[:1_000_000] for mime in known if data and mime in data}}


def _kind(thing):
    if type(thing).__module__.partition(".")[0] != "builtins" and hasattr(thing, "named_parameters"):
        return "module"
    return "callable" if callable(thing) else "object"


def _tensor(thing):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def _leaf(part):
    """Float tensors take part in gradients."""
    return part.requires_grad_() if _tensor(part) and part.is_floating_point() else part


def _copy(part):
    import numpy as np

    return part.clone().detach() if _tensor(part) else part.copy() if isinstance(part, np.ndarray) else None


def _differs(now, then):
    import numpy as np

    if then is None:
        return False
    try:
        a, b = (part.detach().numpy() if _tensor(part) else part for part in (now, then))
    except (TypeError, RuntimeError):  # its data are now of a kind that numpy has not
        return True
    return a.shape != b.shape or not np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def close_files(keep: Iterable[int]) -> None:
    """Close every file that the forked process has inherited, but for ``keep`` and the standard three."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    low = 3
    for number in sorted(keep):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, 4096)
