"""One small training loop for every lesson that trains: seeds, minibatches, a progress bar, the losses."""

import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import nn
from tqdm import tqdm


def set_seed(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generators, so that a run can be repeated."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries that still use the global generator
    torch.manual_seed(seed)


def default_device() -> torch.device:
    """The GPU that torch sees, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def minibatches(size: int, batch_size: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    """Index tensors that together visit 0 … size − 1 once, in an order drawn from ``generator``.

    The last one is shorter where ``batch_size`` does not divide ``size``.
    """
    return torch.randperm(size, generator=generator).split(batch_size)


def train(
    model: nn.Module,
    loss: Callable[..., torch.Tensor],
    data: Sequence[torch.Tensor],
    *,
    steps: int,
    batch_size: int = 64,
    learning_rate: float = 1e-2,
    warmup: int = 0,
    clip: float | None = 1.0,
    seed: int = 0,
    bar: tqdm | None = None,
    label: str = "",
) -> np.ndarray:
    """Train ``model`` with Adam on minibatches of ``data`` and return the loss of each step, ``(steps,)``.

    ``loss(model, *batch)`` gives a scalar tensor; ``data`` is a tuple of tensors ``(N, …)`` of which each
    batch takes the same rows.  ``learning_rate`` falls linearly to zero over the run; with ``warmup`` steps it rises
    linearly from zero first, and falls over the rest.  Gradients longer than
    ``clip`` are shortened to it (``None``: never).  The order of the minibatches depends on ``seed`` alone;
    seed before you make the model, too.  Progress is shown on stderr, or on ``bar``, a tqdm bar that
    several runs share.  Raises ``ValueError`` where the tensors differ in length and ``FloatingPointError``
    where the loss is not finite.
    """
    sizes = {len(tensor) for tensor in data}
    if len(sizes) != 1:
        raise ValueError(f"the tensors of data must have the same length, not {sorted(sizes)}")
    (size,) = sizes
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule: torch.optim.lr_scheduler.LRScheduler
    if warmup:
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / warmup, (steps - step) / (steps - warmup))
        )
    else:
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=steps)
    shown = tqdm(total=steps) if bar is None else bar
    history: list[float] = []
    batches: Iterator[torch.Tensor] = iter(())
    model.train()
    try:
        for step in range(steps):
            rows = next(batches, None)
            if rows is None:
                batches = iter(minibatches(size, batch_size, generator))
                rows = next(batches)
            optimiser.zero_grad()
            value = loss(model, *(tensor[rows.to(tensor.device)] for tensor in data))
            value.backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
            schedule.step()
            history.append(value.item())
            if not np.isfinite(history[-1]):
                raise FloatingPointError(f"the loss is {history[-1]} at step {step}: lower the learning rate")
            shown.update()
            if step % 10 == 0:
                shown.set_description(f"{label} loss {history[-1]:.3f}".strip(), refresh=False)
    finally:
        model.eval()
        if bar is None:
            shown.close()
    return np.array(history)
