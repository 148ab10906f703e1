"""The test room's stand-ins for what a student defined.

A test calls ``dot_product_attention(q, k, v)`` or ``SelfAttention(6, 4, 3)`` as it would in a notebook; the call goes to
the student room, and plain data or a handle comes back.  Modules can be called, their parameters listed and
loaded, and gradients flow: ``(layer(x)[0] ** 2).sum().backward()`` fills ``.grad`` of ``layer.named_parameters()``.
"""

import builtins
from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.plain import plain
from autograder.rooms import wire

if TYPE_CHECKING:  # a notebook may need no torch
    from torch import Tensor

LONGEST = 2000  # characters of an exception's text
LONGEST_LINE = 300


class StudentError(Exception):
    """The student's code raised.  Its class also derives from the built-in one that was raised, if that was one."""

    where: str | None = None  # the student's line


def student_error(described: Mapping[str, Any]) -> StudentError:
    """The exception that stands for the student's: ``except ValueError`` catches a ValueError."""
    kind = getattr(builtins, str(described.get("builtin")), Exception)
    if not (isinstance(kind, type) and issubclass(kind, Exception)) or issubclass(
        kind, (OSError, UnicodeError, BaseExceptionGroup)
    ):
        kind = Exception
    bases = (StudentError,) if kind is Exception else (StudentError, kind)
    name = described.get("kind")
    made: type[StudentError] = type(
        name if isinstance(name, str) and name.isidentifier() else "Exception", bases, {}
    )
    text, where = described.get("text"), described.get("where")
    error = made(plain(text, LONGEST) if isinstance(text, str) else "")
    error.where = plain(where, LONGEST_LINE) if isinstance(where, str) else None
    return error


class NotPlainData(StudentError):
    """What came back is not plain data."""


class RemoteRoom:
    """The test room's end of the line to one student room."""

    def __init__(self, ask: Callable[[dict[str, Any]], Any]) -> None:
        self.ask = ask  # request -> answer, which may be anything
        self.calls = 0
        self.changes = 0  # arguments that calls have changed
        self.write_back = True  # changed arguments are changed here too
        self.given: dict[str, FunctionType] = {}  # the course's own by name, which the student room has, too

    def request(self, **request: Any) -> dict[str, Any]:
        """The answer to a request: ``do`` names what, as ``StudentRoom`` has it.  Raises ``StudentError``."""
        answer = self.ask(request)
        if not isinstance(answer, dict):
            raise NotPlainData("Your code sent something that is no answer.")
        if "refused" in answer:
            raise NotPlainData(
                f"Your function returned {str(answer['refused'])[:100]}; arrays, numbers and tuples of them can be graded."
            )
        if answer.get("error") is not None:
            raise student_error(answer["error"] if isinstance(answer["error"], dict) else {})
        return answer

    def call(
        self, what: str | wire.Handle, args: list[Any], kwargs: dict[str, Any], *, numbered: bool = False
    ) -> tuple[Any, int | None]:
        """Call in the student room; arrays changed there are changed here.  Returns (result, the call's number)."""
        self.calls += 1
        number = self.calls if numbered else None
        answer = self.request(
            do="call",
            what=what,
            args=[self._sent(part) for part in args],
            kwargs={k: self._sent(v) for k, v in kwargs.items()},
            call=number,
        )
        changes = answer.get("changed")
        for change in changes if isinstance(changes, list) else ():
            self.changes += 1
            if self.write_back and isinstance(change, list) and len(change) == 2:
                _change(args, change)
        return answer.get("result"), number

    def _sent(self, value):
        """Stand-ins become handles, and so do functions that a given cell defines: these run over there."""
        if isinstance(value, (Module, Function, Thing)) and isinstance(value.handle, wire.Handle):
            return value.handle
        if isinstance(value, FunctionType) and self.given.get(value.__name__) is value:
            return wire.Handle(0, "given", value.__name__)
        return value

    def here(self, value: wire.Data) -> Any:
        """Handles become stand-ins."""
        if isinstance(value, wire.Handle):
            return (
                Module(self, value)
                if value.kind == "module"
                else Function(self, value)
                if value.kind == "callable"
                else Thing(value)
            )
        if isinstance(value, (list, tuple)):
            return type(value)(self.here(part) for part in value)
        if isinstance(value, dict):
            return {key: self.here(part) for key, part in value.items()}
        return value


def _change(args, change):
    """Copy back what the function wrote into an argument."""
    index, now = change
    if (
        type(index) is int
        and 0 <= index < len(args)
        and isinstance(args[index], np.ndarray)
        and isinstance(now, np.ndarray)
    ):
        if now.shape == args[index].shape:
            args[index][...] = now
    elif (
        type(index) is int
        and 0 <= index < len(args)
        and hasattr(args[index], "detach")
        and hasattr(now, "detach")
    ) and now.shape == args[index].shape:
        args[index].detach().copy_(now)


class Function:
    """A function, or a class, in the student room."""

    def __init__(self, room: RemoteRoom, handle: str | wire.Handle) -> None:
        self._room, self.handle = room, handle

    def __call__(self, *args, **kwargs):
        result, _ = self._room.call(self.handle, list(args), kwargs)
        return self._room.here(result)


class Thing:
    """An object of which nothing can be asked."""

    def __init__(self, handle: wire.Handle) -> None:
        self.handle = handle

    def __repr__(self) -> str:
        return f"<{self.handle.name}>"


class Module:
    """An ``nn.Module`` in the student room."""

    def __init__(self, room: RemoteRoom, handle: wire.Handle) -> None:
        self._room, self.handle = room, handle
        self._parameters: dict[str, Tensor] | None = None

    def named_parameters(self) -> list[tuple[str, "Tensor"]]:
        """(name, tensor) pairs; gradients arrive in these tensors."""
        if self._parameters is None:
            found = self._room.request(do="parameters", of=self.handle).get("result")
            tensors = found.items() if isinstance(found, dict) else ()
            self._parameters = {
                str(name): tensor.requires_grad_() if tensor.is_floating_point() else tensor
                for name, tensor in tensors
                if hasattr(tensor, "requires_grad_")
            }
        return list(self._parameters.items())

    def parameters(self) -> list["Tensor"]:
        return [tensor for _, tensor in self.named_parameters()]

    def state_dict(self) -> dict[str, "Tensor"]:
        return {name: tensor.detach().clone() for name, tensor in self.named_parameters()}

    def load_state_dict(self, parameters: Mapping[str, Any], strict: bool = True) -> None:
        self._room.request(do="load", of=self.handle, parameters=dict(parameters), strict=bool(strict))
        self._parameters = None

    def zero_grad(self) -> None:
        for tensor in self.parameters():
            tensor.grad = None

    def train(self, mode: bool = True) -> "Module":
        self._room.request(do="mode", of=self.handle, training=bool(mode))
        return self

    def eval(self) -> "Module":
        return self.train(False)

    def __call__(self, *args, **kwargs):
        import torch

        result, number = self._room.call(self.handle, list(args), kwargs, numbered=True)
        single = not isinstance(result, (tuple, list))
        parts = [result] if single else list(result)
        places = [
            i for i, part in enumerate(parts) if isinstance(part, torch.Tensor) and part.is_floating_point()
        ]
        if places:
            inputs = self.parameters() + [
                a for a in args if isinstance(a, torch.Tensor) and a.is_floating_point()
            ]
            joined = _gradient_function().apply(self._room, number, [parts[i] for i in places], *inputs)
            for place, tensor in zip(places, joined, strict=True):
                parts[place] = tensor
        parts = [self._room.here(part) for part in parts]
        return parts[0] if single else type(result)(parts)


@cache  # torch keeps every such class that is made
def _gradient_function():
    """Ties a call's results, which came as data, to the parameters, whose gradients the student room computes."""
    import torch

    class Remote(torch.autograd.Function):
        @staticmethod
        def forward(
            ctx: Any, room: RemoteRoom, number: int, results: list["Tensor"], *inputs: "Tensor"
        ) -> tuple["Tensor", ...]:
            ctx.room, ctx.number, ctx.inputs = room, number, inputs
            ctx.set_materialize_grads(False)
            return tuple(result.clone() for result in results)

        @staticmethod
        def backward(ctx: Any, *seeds: "Tensor | None") -> tuple["Tensor | None", ...]:
            found = ctx.room.request(do="gradient", call=ctx.number, seeds=list(seeds)).get("result")
            found = (
                found
                if isinstance(found, list) and len(found) == len(ctx.inputs)
                else [None] * len(ctx.inputs)
            )
            right = [
                g if isinstance(g, torch.Tensor) and g.shape == i.shape else None
                for g, i in zip(found, ctx.inputs, strict=True)
            ]
            return (None, None, None, *right)

    return Remote
