"""Gates for feature maps: squeeze-and-excitation, ECA and CBAM, as functions and as torch modules.

A feature map is ``x (B, C, H, W)``.  A gate is a number in (0, 1) for each channel ``(B, C)`` or each place
``(B, 1, H, W)``; the modules multiply by it and keep the last one as ``gates`` (and ``places``), detached, to
be looked at.

Sources: Hu, Shen and Sun (2018), Wang et al. (2020), Woo et al. (2018).
"""

import math

import torch
from torch import nn


def squeeze(x: torch.Tensor) -> torch.Tensor:
    """The mean of each feature map: ``x (B, C, H, W)`` -> ``(B, C)``."""
    return x.mean(dim=(2, 3))


def excite(z: torch.Tensor, W_1: torch.Tensor, W_2: torch.Tensor) -> torch.Tensor:
    """Gates ``(B, C)`` from means ``z (B, C)``: a bottleneck ``W_1 (C/r, C)``, ReLU, ``W_2 (C, C/r)``, sigmoid."""
    return torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T)


def scale(x: torch.Tensor, gates: torch.Tensor) -> torch.Tensor:
    """``x (B, C, H, W)`` with each map multiplied by its gate ``(B, C)``."""
    return x * gates[:, :, None, None]


class SEBlock(nn.Module):
    """Squeeze, excite, scale; ``2 C² / r`` parameters.  ``ValueError`` where ``reduction`` does not divide."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        if reduction < 1 or channels % reduction:
            raise ValueError(f"reduction {reduction} must divide the {channels} channels")
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        self.gates = gates.detach()
        return scale(x, gates)


def eca_kernel_size(channels: int, gamma: int = 2, b: int = 1) -> int:
    """ECA's odd kernel size for ``channels``: ``(log2 C + b) / gamma`` cut to an integer, plus 1 if even."""
    size = int(abs((math.log2(channels) + b) / gamma))
    return size if size % 2 else size + 1


class ECABlock(nn.Module):
    """Gates from a convolution over the channels' means, ``k`` parameters, the same at every channel."""

    def __init__(self, channels: int, gamma: int = 2, b: int = 1) -> None:
        super().__init__()
        size = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        self.gates = gates.detach()
        return scale(x, gates)


def channel_gate(x: torch.Tensor, W_1: torch.Tensor, W_2: torch.Tensor) -> torch.Tensor:
    """CBAM's channel gates ``(B, C)``: one bottleneck for mean and maximum, summed inside the sigmoid."""
    pools = squeeze(x), x.amax(dim=(2, 3))
    mean, highest = (torch.relu(z @ W_1.T) @ W_2.T for z in pools)
    return torch.sigmoid(mean + highest)


def spatial_gate(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """CBAM's map ``(B, 1, H, W)``: mean and maximum over channels, convolved with ``kernel (1, 2, k, k)``.

    The border is padded with zeros, so ``k`` must be odd (``ValueError``).
    """
    if kernel.shape[-1] % 2 == 0:
        raise ValueError(f"the kernel's size must be odd, not {kernel.shape[-1]}")
    pools = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))


class CBAM(nn.Module):
    """Channel gates first, then a map of places made from what they let through."""

    def __init__(self, channels: int, reduction: int = 4, kernel_size: int = 7) -> None:
        super().__init__()
        if reduction < 1 or channels % reduction:
            raise ValueError(f"reduction {reduction} must divide the {channels} channels")
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gates = channel_gate(x, self.down.weight, self.up.weight)
        x = scale(x, gates)
        places = spatial_gate(x, self.conv.weight)
        self.gates, self.places = gates.detach(), places.detach()
        return x * places
