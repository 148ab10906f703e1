"""What passes between the rooms: plain data, checked on arrival."""

import json
import math
import struct

import numpy as np
import pytest
import torch

from autograder.rooms import wire


def there_and_back(value, keep=None):
    return wire.decode(wire.encode(value, keep))


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -1.5, "σ", [1, [2]], (1, 2), {"a": 1, 2: None}, [], (), {}, float("inf"), 2**62],
)
def test_plain_values_come_back_as_they_were(value):
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


def test_nan_comes_back():
    assert math.isnan(there_and_back(float("nan")))


@pytest.mark.parametrize("dtype", sorted(wire.DTYPES))
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4)])
def test_arrays_come_back_fresh_and_writable(dtype, shape):
    array = np.ones(shape, dtype=dtype)
    back = there_and_back(array)
    assert back.dtype == dtype
    assert back.shape == shape
    assert np.array_equal(back, array)
    if shape:
        back[...] = 0
        assert array.all()


def test_odd_memory_layouts_are_kept_in_order():
    array = np.arange(12.0).reshape(3, 4)[::-1, ::2].T
    assert np.array_equal(there_and_back(array), array)


def test_tensors_come_back_as_tensors_without_a_past():
    tensor = torch.ones(2, 3, requires_grad=True) * 2
    back = there_and_back([tensor])[0]
    assert isinstance(back, torch.Tensor)
    assert torch.equal(back, tensor.detach())
    assert back.grad_fn is None


class Liar(np.ndarray):
    """Claims to be equal to everything."""

    def __eq__(self, other):
        return True

    def __array_function__(self, *args, **kwargs):
        return True


def test_subclasses_come_back_as_plain_arrays():
    liar = np.zeros(3).view(Liar)
    back = there_and_back(liar)
    assert type(back) is np.ndarray
    assert not np.array_equal(back, np.ones(3))


class Evil:
    def __reduce__(self):
        raise AssertionError("nobody pickles")

    def __eq__(self, other):
        return True


@pytest.mark.parametrize(
    "value", [Evil(), object, print, b"bytes", {1, 2}, 1j, np.array([None]), np.array(["a"]), 2**70]
)
def test_what_is_not_data_does_not_pass(value):
    with pytest.raises(wire.NotData):
        wire.encode(value)


def test_nested_or_self_referring_lists_do_not_pass():
    deep = []
    for _ in range(wire.DEEPEST + 2):
        deep = [deep]
    own = []
    own.append(own)
    for value in (deep, own):
        with pytest.raises(wire.NotData, match="nested"):
            wire.encode(value)


def test_too_much_does_not_pass(monkeypatch):
    monkeypatch.setattr(wire, "LARGEST", 1000)
    with pytest.raises(wire.NotData, match="more data"):
        wire.encode(np.zeros(1000))


def test_objects_pass_as_handles_only():
    back = there_and_back((Evil(), 1.0), keep=lambda thing: wire.Handle(7, "object", "Evil"))
    assert isinstance(back[0], wire.Handle)
    assert back[0].number == 7


def forged(header, tail=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(raw)) + raw + tail


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff\xff\xff\xff",
        forged(b"{"),
        forged(b"NaN"),
        forged(b"[" * 5000 + b"]" * 5000),
        forged({"$": "pickle", "v": "x"}),
        forged({"$": "array", "d": "object", "s": [1]}, b"12345678"),
        forged({"$": "array", "d": "float64", "s": [-1]}, b"12345678"),
        forged({"$": "array", "d": "float64", "s": [10**12, 10**12]}),
        forged({"$": "array", "d": "float64", "s": [2]}, b"12345678"),
        forged({"$": "array", "d": "float64", "s": "2"}, b"12345678"),
        forged({"$": "array", "d": "bool", "s": [1]}, b"\x07"),
        forged({"$": "dict", "v": [[{"$": "tuple", "v": []}, 1]]}),
        forged({"$": "dict", "v": [1]}),
        forged({"$": "tuple", "v": 1}),
        forged({"$": "handle", "n": "1", "k": "x", "t": "y"}),
        forged({"$": "float", "v": "1"}),
        forged([0] * (wire.MOST + 1)),
    ],
)
def test_forged_messages_are_refused(message):
    with pytest.raises(wire.NotData):
        wire.decode(message)


ODD = {
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "sparse": lambda: torch.eye(3).to_sparse(),
    "sparse (rows)": lambda: torch.eye(3).to_sparse_csr(),
    "meta": lambda: torch.ones(3, device="meta"),
    "bfloat16": lambda: torch.ones(3, dtype=torch.bfloat16),
    "complex64": lambda: torch.ones(3, dtype=torch.complex64).conj(),
    "more data than may pass": lambda: torch.ones(1).expand(10**9),
}


@pytest.mark.parametrize("kind", ODD)
def test_a_tensor_without_numbers_that_could_pass_is_named(kind):
    with pytest.raises(wire.NotData, match=kind.partition(" (")[0]):
        wire.encode((ODD[kind](), 1.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.complex(torch.ones(3), torch.ones(3)).conj().imag,  # a view that only notes its sign
        lambda: torch.ones(3, 4).T[1:],
        lambda: torch.ones(1).expand(5, 6),
        lambda: torch.nn.Parameter(torch.ones(2)),
        lambda: torch.ones(3, dtype=torch.float16),
        lambda: torch.ones(3, requires_grad=True) * 2,
    ],
)
def test_views_of_a_tensor_come_back_as_their_numbers(make):
    back = there_and_back(make())
    assert torch.equal(back, make().detach())


def test_numpys_exceptions_stop_no_message():
    with np.errstate(all="raise"):
        back = there_and_back([np.float32(1e-42), np.array([np.nan, np.inf, 1e-310]), float("inf")])
    assert np.isnan(back[1][0]) and math.isinf(back[2])
