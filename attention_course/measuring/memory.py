"""How much memory a computation in torch asks for."""

from collections.abc import Callable

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Largest(TorchDispatchMode):
    """Remembers the bytes of the largest array that any operation returns."""

    bytes = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for x in tree_leaves(out):
            if isinstance(x, torch.Tensor):
                self.bytes = max(self.bytes, x.untyped_storage().nbytes())
        return out


def largest_array(function: Callable[[], object]) -> int:
    """Bytes of the largest array that ``function()``, called without arguments, makes in torch on its way.

    Every operation is listened to, so the number is exact and the same on every machine.  A view counts with all of the
    array that it looks into; what a single operation uses inside of itself is not seen.
    """
    with _Largest() as listener:
        function()
    return listener.bytes
