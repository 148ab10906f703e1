"""Call a student's function on probes and write down what it does, as plain data.

This module is sent as text into the process that holds the student's code and imports nothing of the course.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

LIMIT = 200_000  # numbers in one observed array; no probe asks for more than a few hundred


def decode(value: Any) -> Any:
    """JSON -> arrays and tensors; the inverse of ``encode``."""
    if isinstance(value, dict) and "npy" in value:
        array = np.load(io.BytesIO(base64.b64decode(value["npy"])), allow_pickle=False)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            raise ValueError("no array of numbers")
        if value["torch"]:
            import torch

            return torch.from_numpy(array.copy())
        return array
    if isinstance(value, dict):
        return {name: decode(part) for name, part in value.items()}
    if isinstance(value, list):
        return [decode(part) for part in value]
    return value


def encode(value: Any) -> Any:
    """Arrays, tensors, numbers, None, and tuples, lists and dicts of them -> JSON.  Other types by their name only."""
    kind = type(value).__name__
    if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        return {**encode(value.detach().cpu().numpy()), "torch": True}
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" or array.size > LIMIT:
            return {"type": f"array of {array.size} {array.dtype}"}
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        return {"npy": base64.b64encode(buffer.getvalue()).decode(), "torch": False}
    if value is None or type(value) in (bool, int, float, str):
        return value if not isinstance(value, str) else value[:200]
    if (isinstance(value, tuple) or type(value) is list) and len(value) <= 20:
        return [encode(part) for part in value]
    if type(value) is dict and len(value) <= 50:
        return {str(name): encode(part) for name, part in value.items()}
    return {"type": kind}


def one(thing: Any, probe: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """What ``thing``, a function or a module class, does on one decoded probe: a dict of plain results."""
    try:
        if probe["kind"] == "call":
            args = [names[arg["given"]] if "given" in arg else arg["data"] for arg in probe["args"]]
            kept = [part.copy() if isinstance(part, np.ndarray) else part for part in args]
            result = thing(*args)
            changed = any(
                isinstance(part, np.ndarray) and not np.array_equal(part, then, equal_nan=True)
                for part, then in zip(args, kept, strict=True)
            )
            return {"result": result, "changed": changed}
        import torch

        torch.manual_seed(0)
        layer = thing(*probe["init"])
        seen = {"parameters": {name: list(p.shape) for name, p in layer.named_parameters()}}
        # a surplus parameter (a bias, say) is set to ones, so that it shows in the outputs
        state = {name: torch.ones_like(p) for name, p in layer.named_parameters()}
        state.update({name: torch.as_tensor(a) for name, a in probe["parameters"].items() if name in state})
        layer.load_state_dict(state, strict=False)
        result = layer(*probe["inputs"])
        first = result[0] if isinstance(result, tuple) else result
        (first**2).sum().backward()
        gradients = {name: p.grad for name, p in layer.named_parameters()}
        return {**seen, "result": result, "gradients": gradients}
    except Exception as error:
        return {**locals().get("seen", {}), "error": type(error).__name__}


def observe(thing: Any, probes: Sequence[Any], names: Mapping[str, Any] | None = None) -> list[Any]:
    """What ``thing`` does on each of the encoded ``probes``, encoded.

    ``names`` is where the functions that a probe names are found; by default among those that ``thing`` itself sees.
    """
    seen = getattr(thing, "__globals__", {}) if names is None else names
    return [encode(one(thing, decode(probe), seen)) for probe in probes]
