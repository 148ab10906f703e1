"""What passes between the rooms: JSON and plain array buffers, never code, never a pickle.

A frame is 8 bytes of length, then a message: 4 bytes of header length, the header as JSON, the arrays' bytes one after
another.  In the header an array stands as ``{"$": "array", …}``, any other object that is not data as a handle,
``{"$": "handle", …}``.  ``decode`` trusts nothing: types, sizes and nesting are checked before anything is made.
"""

import json
import math
import struct
import sys
import time
from collections.abc import Callable
from socket import socket as Socket
from typing import Any

import numpy as np

Data = Any  # None, a boolean, number or text, an array, a tensor, a handle; lists, tuples and dicts of these
LARGEST = 64 * 2**20  # bytes in one message's arrays
LARGEST_HEADER = 8 * 2**20  # bytes in all else: texts, lists, numbers
DEEPEST = 16  # lists in lists
MOST = 100_000  # values in one message, an array counting as one
DTYPES = {name: np.dtype(name) for name in (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"
)}  # fmt: skip


class NotData(ValueError):
    """A message that is not plain data within the limits; says what is wrong in words."""

    number: int | None = None  # of the frame that held it, where it came in one


class Handle:
    """An object that stays in the student room; ``kind`` is "module", "callable" or "object"."""

    def __init__(self, number: int, kind: str, name: str) -> None:
        self.number, self.kind, self.name = number, kind, name


Keep = Callable[[Any], Handle]  # what becomes of an object that is not data


def encode(value: Data, keep: Keep | None = None) -> bytes:
    """A value as bytes.  ``keep(thing)`` turns what is not data into a ``Handle``; without it that is ``NotData``."""
    buffers: list[bytes] = []
    with np.errstate(all="ignore"):  # a notebook may have asked for exceptions
        header = json.dumps(_plain(value, buffers, keep, 0, set())).encode()
    if len(header) > LARGEST_HEADER:
        raise NotData("more data than may pass")
    return b"".join([struct.pack("<I", len(header)), header, *buffers])


def _plain(value: Any, buffers: list[bytes], keep: Keep | None, depth: int, inside: set[int]) -> Any:
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        if abs(value) < 2**63:
            return value
        raise NotData("a whole number beyond 64 bits")
    if type(value) is float:
        return value if math.isfinite(value) else {"$": "float", "v": repr(value)}
    if type(value) is Handle:
        return {"$": "handle", "n": value.number, "k": value.kind, "t": value.name}
    if isinstance(value, np.generic):
        return _array(np.asarray(value), buffers, scalar=True)
    if isinstance(value, np.ndarray):
        _must_fit(value.nbytes)
        return _array(np.array(value, subok=False), buffers)
    if _is_tensor(value):
        return _array(_numbers(value), buffers, torch=True, grad=bool(value.requires_grad))
    if isinstance(value, tuple):
        value = tuple(value)  # a namedtuple is a tuple, too
    if type(value) in (list, tuple, dict):
        if depth >= DEEPEST or id(value) in inside:
            raise NotData("lists nested too deeply, or within themselves")
        inside = inside | {id(value)}
        if type(value) is dict:
            pairs = [
                [_plain(part, buffers, keep, depth + 1, inside) for part in pair] for pair in value.items()
            ]
            return {"$": "dict", "v": pairs}
        parts = [_plain(part, buffers, keep, depth + 1, inside) for part in value]
        return {"$": "tuple", "v": parts} if type(value) is tuple else parts
    if keep is None:
        raise NotData(f"a {type(value).__name__}")
    return _plain(keep(value), buffers, None, depth, inside)


def _is_tensor(value):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _numbers(tensor):
    """A tensor's numbers as an array.  Raises ``NotData``, which names what kind of tensor has none that could pass."""
    odd = next((kind for kind, is_it in _ODD.items() if is_it(tensor)), None)
    if odd:
        raise NotData(f"a {odd} tensor")
    if str(tensor.dtype).removeprefix("torch.") not in DTYPES:
        raise NotData(f"a tensor of {tensor.dtype}")
    _must_fit(tensor.numel() * tensor.element_size())  # an expanded one takes little until it is copied
    return tensor.detach().cpu().resolve_conj().resolve_neg().numpy()


_ODD = {
    "quantised": lambda tensor: tensor.is_quantized,
    "nested": lambda tensor: tensor.is_nested,
    "sparse": lambda tensor: str(tensor.layout) != "torch.strided",
    "meta": lambda tensor: tensor.is_meta,
}


def _must_fit(size):
    if size > LARGEST:
        raise NotData("more data than may pass")


def _array(array, buffers, **extra):
    if array.dtype.name not in DTYPES:
        raise NotData(f"an array of {array.dtype}")
    raw = np.ascontiguousarray(array).tobytes()
    if sum(map(len, buffers)) + len(raw) > LARGEST or len(buffers) > MOST:
        raise NotData("more data than may pass")
    buffers.append(raw)
    return {"$": "array", "d": array.dtype.name, "s": list(array.shape), **extra}


def decode(message: bytes | bytearray | memoryview) -> Data:
    """Bytes -> value.  Raises ``NotData``; makes nothing but plain values, fresh arrays and tensors, and handles."""
    if not 4 <= len(message) <= LARGEST + LARGEST_HEADER:
        raise NotData("a message of an impossible size")
    (length,) = struct.unpack_from("<I", message)
    if length > LARGEST_HEADER:
        raise NotData("more data than may pass")
    try:
        header = json.loads(bytes(message[4 : 4 + length]), parse_constant=_no_constant)
        return _Reader(memoryview(message)[4 + length :]).value(header, 0)
    except (NotData, MemoryError):
        raise
    except Exception:  # whatever else a forged message may bring about
        raise NotData("a damaged message") from None


def _no_constant(name):
    raise ValueError(name)


def _clean(text):
    """Text without halves of surrogate pairs, which no file can hold."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Reader:
    def __init__(self, buffer: memoryview) -> None:
        self.buffer, self.at, self.seen = buffer, 0, 0

    def value(self, plain: Any, depth: int) -> Data:
        self.seen += 1
        if self.seen > MOST:
            raise NotData("too many values")
        if depth > 2 * DEEPEST:
            raise NotData("lists nested too deeply")
        if plain is None or type(plain) in (bool, float):
            return plain
        if type(plain) is int:
            if abs(plain) >= 2**63:
                raise NotData("a whole number beyond 64 bits")
            return plain
        if type(plain) is str:
            return _clean(plain)
        if type(plain) is list:
            return [self.value(part, depth + 1) for part in plain]
        kind = plain.get("$")
        if kind == "tuple" and type(plain.get("v")) is list:
            return tuple(self.value(part, depth + 1) for part in plain["v"])
        if kind == "dict" and type(plain.get("v")) is list:
            return self._dict(plain["v"], depth)
        if kind == "array":
            return self._array(plain)
        if kind == "float" and plain.get("v") in ("nan", "inf", "-inf"):
            return float(plain["v"])
        if (
            kind == "handle"
            and type(plain.get("n")) is int
            and all(type(plain.get(key)) is str for key in "kt")
        ):
            return Handle(plain["n"], _clean(plain["k"][:20]), _clean(plain["t"][:80]))
        raise NotData("a damaged message")

    def _dict(self, pairs, depth):
        made = {}
        for pair in pairs:
            if type(pair) is not list or len(pair) != 2:
                raise NotData("a damaged message")
            key, value = (self.value(part, depth + 1) for part in pair)
            if type(key) not in (str, int, bool, float, type(None)):
                raise NotData("a dict with keys that are not plain")
            made[key] = value
        return made

    def _array(self, plain):
        dtype, shape = DTYPES.get(plain.get("d")), plain.get("s")
        if dtype is None or type(shape) is not list or len(shape) > 32:
            raise NotData("a damaged array")
        if not all(type(n) is int and 0 <= n < 2**40 for n in shape):
            raise NotData("a damaged array")
        size = math.prod(shape) * dtype.itemsize
        if size > len(self.buffer) - self.at:
            raise NotData("an array shorter than it says")
        # a copy: writable, aligned, and nobody else's
        array = np.frombuffer(self.buffer[self.at : self.at + size], dtype=dtype).reshape(shape).copy()
        self.at += size
        if dtype.name == "bool" and array.size and array.view(np.uint8).max() > 1:
            raise NotData("a damaged array")
        if plain.get("torch") is True:
            import torch

            return torch.from_numpy(array)
        return array[()] if plain.get("scalar") is True else array


def send(socket: Socket, value: Data, keep: Keep | None = None, *, number: int = 0) -> None:
    """Write one frame.  An answer bears the ``number`` of its request."""
    send_encoded(socket, encode(value, keep), number)


def send_encoded(socket: Socket, message: bytes, number: int) -> None:
    """Write one frame that ``encode`` has made."""
    socket.sendall(struct.pack("<QQ", len(message), number) + message)


def receive(socket: Socket, until: float | None = None) -> tuple[int, Data]:
    """Read one frame: (number, value).  ``until`` is a time of the monotonic clock.

    Raises ``EOFError`` where the other side is gone, ``TimeoutError`` where the frame is not there in time, ``OSError``
    where what comes is no frame, ``NotData`` for a frame that does not hold plain data; its ``number`` is the frame's.
    """
    length, number = struct.unpack("<QQ", exactly(socket, 16, until))
    if length > LARGEST + LARGEST_HEADER:
        raise OSError("a message of an impossible size")
    message = exactly(socket, length, until)
    try:
        return number, decode(message)
    except NotData as fault:
        fault.number = number
        raise


def exactly(socket: Socket, count: int, until: float | None = None) -> bytearray:
    """Read so many bytes.  Raises ``EOFError`` where the other side is gone before that."""
    parts = bytearray(count)
    view, at = memoryview(parts), 0
    while at < count:
        if until is not None:  # a socket's own timeout begins anew with every byte
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            socket.settimeout(left)
        got = socket.recv_into(view[at:])
        if got == 0:
            raise EOFError
        at += got
    return parts
