"""What people write for 06-channel-attention.  See ``autograder.answers.bank`` for how an entry works.

The hint says what was misunderstood and what to think about, not what to type.
"""

import math

import numpy as np
import torch
from torch import nn

from autograder.answers import assignment
from autograder.answers.bank import Call, Module, probes, right, wrong

# An entry sees what a student's answer sees: what the assignment gives, and the exercises before it.
_given = assignment.load("06-channel-attention").namespace
squeeze, excite = _given["squeeze"], _given["excite"]
eca_kernel_size = _given["eca_kernel_size"]
channel_gate, spatial_gate = _given["channel_gate"], _given["spatial_gate"]


def _tensors(rng, *shapes, dtype=np.float64):
    """What probes are made of."""
    return [torch.from_numpy(rng.normal(size=shape).astype(dtype)) for shape in shapes]


def _parameters(rng, shapes):
    """The same for the parameters of a module."""
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


# ---------------------------------------------------------------- squeeze


@probes("squeeze")
def squeeze_probes(rng):
    return [
        Call(*_tensors(rng, (2, 3, 4, 5))),
        Call(*_tensors(rng, (3, 3, 3, 3))),
        Call(*_tensors(rng, (4, 2, 5, 3))),
        Call(*_tensors(rng, (1, 4, 3, 2), dtype=np.float32)),
    ]


@wrong(
    "squeeze",
    "You average along the rows only: a number for each row of the map is left. A channel is to say one thing about the whole picture, so height and width must both go.",
)
def width_only(x):
    return x.mean(dim=3)


@wrong(
    "squeeze",
    "You average down the columns only: a number for each column is left. A channel is to say one thing about the whole picture, so height and width must both go.",
)
def height_only(x):
    return x.mean(dim=2)


@wrong(
    "squeeze",
    "You average the channels away and keep the places. It is the other way round here: which axes say where, and which says what?",
)
def channels_pooled(x):
    return x.mean(dim=1)


@wrong(
    "squeeze",
    "One number for the whole picture comes back. Then no channel can be told from another; only the two axes that say where may go.",
)
def picture_pooled(x):
    return x.mean(dim=(1, 2, 3))


@wrong(
    "squeeze",
    "Your mean runs over the batch, too. Batch normalisation does that; a gate looks at one picture, whatever stands beside it.",
)
def batch_pooled(x):
    return x.mean(dim=(0, 2, 3))


@wrong(
    "squeeze",
    "You add the map up. A sum grows with the size of the picture, and the gates would change when the picture is enlarged; a mean does not.",
)
def summed_up(x):
    return x.sum(dim=(2, 3))


@wrong(
    "squeeze",
    "You take the highest number of each map. CBAM does so in addition, later on; the squeeze asks what the map holds on average.",
)
def highest_of_map(x):
    return x.amax(dim=(2, 3))


@wrong(
    "squeeze",
    "Your numbers are right and two axes of length one are left over. The next step multiplies by a matrix, along the channels: they must be the last axis.",
)
def axes_kept(x):
    return x.mean(dim=(2, 3), keepdim=True)


@wrong(
    "squeeze",
    "You pool as if the channels stood last, as they do in picture files and in other libraries. In torch they come right behind the batch.",
)
def channels_last(x):
    return x.mean(dim=(1, 2))


@wrong(
    "squeeze",
    "A NumPy array comes back. NumPy leaves no trace that torch could follow back, and nothing before the squeeze would learn; torch has the same operations.",
)
def through_numpy(x):
    return x.numpy().mean(axis=(2, 3))


@wrong(
    "squeeze",
    "You take the median. One place in the middle of the order would get all the gradient; a mean shares it among all places.",
)
def median_of_map(x):
    return x.flatten(2).median(dim=-1).values


@wrong(
    "squeeze",
    "The sum is divided by the wrong number: it is right for square maps only. A mean divides by the count of places, height times width.",
)
def square_assumed(x):
    return x.sum(dim=(2, 3)) / x.shape[2] ** 2


@wrong(
    "squeeze",
    "Your shape is right and the means are of mixtures: a reshape cuts the numbers anew, so that a column of it holds pieces of several channels. The channels stand before the places; leave them there.",
)
def mixed_by_view(x):
    b, c, h, w = x.shape
    return x.reshape(b, h * w, c).mean(dim=1)


@wrong(
    "squeeze",
    "You lose the sign: the length of a map as a vector, or the size of its numbers, is never negative. What a channel holds on average may be.",
)
def length_of_map(x):
    return x.flatten(2).norm(dim=-1)


@wrong(
    "squeeze",
    "A single number is left of the whole batch. A mean without axes takes them all; which two are to go?",
)
def mean_of_everything(x):
    return x.mean()


@wrong(
    "squeeze",
    "You divide by the number of channels. A mean is divided by how many numbers were added up, which is how many places a map has.",
)
def divided_by_channels(x):
    return x.sum(dim=(2, 3)) / x.shape[1]


@wrong(
    "squeeze",
    "You drop the signs before the mean. What a map has below zero counts against what it has above; a mean of magnitudes says how loud it is, which is something else.",
)
def of_magnitudes(x):
    return x.abs().mean(dim=(2, 3))


@wrong(
    "squeeze",
    "You take the maximum of each row and then the mean of those. The mean runs over the columns too.",
)
def mean_of_row_maxima(x):
    return x.amax(dim=3).mean(dim=2)


@wrong(
    "squeeze",
    "Your result is float32 whatever came in. A mean has the type of its numbers; nothing needs to be converted.",
)
def squeezed_to_float32(x):
    return x.float().mean(dim=(2, 3))


@wrong("squeeze", None, also=("summed_up", "axes_kept"))
def summed_with_axes(x):
    return x.sum(dim=(2, 3), keepdim=True)


@wrong("squeeze", None, also=("highest_of_map", "axes_kept"))
def highest_with_axes(x):
    return x.amax(dim=(2, 3), keepdim=True)


@right("squeeze")
def with_pooling(x):
    return nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)


@right("squeeze")
def flattened_first(x):
    return x.flatten(2).mean(-1)


@right("squeeze")
def one_axis_after_the_other(x):
    return torch.mean(torch.mean(x, -1), -1)


@right("squeeze")
def sum_over_count(x):
    return torch.einsum("bchw->bc", x) / (x.shape[2] * x.shape[3])


# ---------------------------------------------------------------- excite


@probes("excite")
def excite_probes(rng):
    _, W_1, W_2 = _tensors(rng, (2, 6), (3, 6), (6, 3))
    return [
        Call(*_tensors(rng, (2, 6), (3, 6), (6, 3))),
        Call(*_tensors(rng, (3, 8), (2, 8), (8, 2))),
        Call(*_tensors(rng, (3, 3), (3, 3), (3, 3))),
        Call(*_tensors(rng, (1, 4), (2, 4), (4, 2), dtype=np.float32)),
        Call(torch.full((2, 6), 2000.0, dtype=torch.float64), W_1.abs(), W_2),
    ]


@wrong(
    "excite",
    "There is no sigmoid at the end: your numbers are not between 0 and 1. A gate is a share of what comes through, from nothing to all of it.",
)
def no_sigmoid(z, W_1, W_2):
    return torch.relu(z @ W_1.T) @ W_2.T


@wrong(
    "excite",
    "Nothing stands between the two matrices. Without a nonlinearity W_2 W_1 is a single matrix of low rank, and no combination of channels can matter.",
)
def no_relu(z, W_1, W_2):
    return torch.sigmoid(z @ W_1.T @ W_2.T)


@wrong(
    "excite",
    "You use a softmax, so channels compete: where one opens, others must close. Several channels may matter at once; each gets a gate of its own between 0 and 1.",
)
def softmax_of_channels(z, W_1, W_2):
    return torch.softmax(torch.relu(z @ W_1.T) @ W_2.T, dim=-1)


@wrong(
    "excite",
    "Your bottleneck has a sigmoid. It belongs to the end, where gates are made; between the matrices stands a ReLU, which can be silent.",
)
def sigmoid_twice(z, W_1, W_2):
    return torch.sigmoid(torch.sigmoid(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "ReLU and sigmoid have changed places. What comes last decides the range: a ReLU lets gates grow without limit.",
)
def swapped_activations(z, W_1, W_2):
    return torch.relu(torch.sigmoid(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "You use W_2 first and W_1 second, and the shapes allow it. W_1 goes down to the bottleneck and W_2 up again: read the shapes in the formula, where z is a column.",
)
def matrices_swapped(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_2) @ W_1)


@wrong(
    "excite",
    "The shapes fit because you reshape the matrices. A reshape cuts the numbers anew; what turns rows into columns is a transposition.",
)
def reshaped_matrices(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_1.reshape(W_1.shape[::-1])) @ W_2.reshape(W_2.shape[::-1]))


@wrong(
    "excite",
    "A tanh makes your gates. Its numbers lie between −1 and 1: a gate of −1 would turn a map into its negative. Which function has the range of a share?",
)
def tanh_gates(z, W_1, W_2):
    return torch.tanh(torch.relu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "Your ReLU stands behind the second matrix. There it makes every gate ½ or more, so that no channel can be closed; it belongs into the bottleneck.",
)
def relu_behind_both(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_1.T @ W_2.T))


@wrong(
    "excite",
    "You multiply the gates by the means. It is the maps that are scaled, and that comes later; here only the gates are asked for.",
)
def means_scaled(z, W_1, W_2):
    return z * torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "You add the means inside the sigmoid, as a residual connection would. The bottleneck alone makes the gates.",
)
def residual_means(z, W_1, W_2):
    return torch.sigmoid(z + torch.relu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "Your squashing is piecewise linear: it is 0 or 1 from some point on, where no gradient is left. The formula has the sigmoid itself.",
)
def hard_sigmoid(z, W_1, W_2):
    return nn.functional.hardsigmoid(torch.relu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "Your bottleneck has a GELU, which lets a little of what is negative through. The formula has max(0, ·).",
)
def gelu_between(z, W_1, W_2):
    return torch.sigmoid(nn.functional.gelu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "Your softmax runs over the batch, so that pictures share the gates out among them. A gate is made for one picture, with a sigmoid.",
)
def softmax_of_batch(z, W_1, W_2):
    return torch.softmax(torch.relu(z @ W_1.T) @ W_2.T, dim=0)


@wrong(
    "excite",
    "Your gates are NaN where the numbers before them are large: e^x / (1 + e^x) becomes infinity divided by infinity. The same sigmoid can be written so that it does not overflow, and torch has it.",
)
def overflowing_sigmoid(z, W_1, W_2):
    raw = torch.exp(torch.relu(z @ W_1.T) @ W_2.T)
    return raw / (1 + raw)


@wrong(
    "excite",
    "A second ReLU stands before your sigmoid. Then no gate falls below ½, and a channel can never be closed.",
)
def two_relus(z, W_1, W_2):
    return torch.sigmoid(torch.relu(torch.relu(z @ W_1.T) @ W_2.T))


@wrong(
    "excite",
    "Your matrices are not transposed, so the product fits only where nothing is narrowed. The formula has z as a column; what is W z there, when z is a row?",
)
def not_transposed(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_1) @ W_2)


@wrong(
    "excite",
    "Your gates end in the bottleneck: W_2 is not used, and there are C/r of them. Each of the C channels needs one.",
)
def bottleneck_only(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_1.T))


@wrong(
    "excite",
    "A tanh stands in the bottleneck, where the ReLU belongs. The ReLU lets what is positive through as it is, however large.",
)
def tanh_between(z, W_1, W_2):
    return torch.sigmoid(torch.tanh(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "You cut the gates off at 0 and 1. Beyond the cut no gradient comes back, so a closed gate could never learn to open; the sigmoid is smooth.",
)
def cut_off(z, W_1, W_2):
    return (torch.relu(z @ W_1.T) @ W_2.T).clamp(0, 1)


@wrong(
    "excite",
    "You follow the formula letter by letter, with z as a column. Here each *row* of z is a picture: the product fits only where there are as many pictures as channels, and then mixes pictures. What is W z for a row?",
)
def taken_as_columns(z, W_1, W_2):
    return torch.sigmoid(W_2 @ torch.relu(W_1 @ z))


@wrong("excite", None, also=("no_relu", "no_sigmoid"))
def two_matrices_only(z, W_1, W_2):
    return z @ W_1.T @ W_2.T


@wrong("excite", None, also=("no_relu", "softmax_of_channels"))
def softmax_without_relu(z, W_1, W_2):
    return torch.softmax(z @ W_1.T @ W_2.T, dim=-1)


@right("excite")
def with_linear(z, W_1, W_2):
    hidden = nn.functional.relu(nn.functional.linear(z, W_1))
    return nn.functional.linear(hidden, W_2).sigmoid()


@right("excite")
def with_columns(z, W_1, W_2):
    return torch.sigmoid(W_2 @ (W_1 @ z.T).clamp(min=0)).T


@right("excite")
def with_einsum(z, W_1, W_2):
    hidden = torch.einsum("bc,hc->bh", z, W_1)
    hidden = torch.maximum(hidden, torch.zeros_like(hidden))
    return 1 / (1 + torch.exp(-torch.einsum("bh,ch->bc", hidden, W_2)))


# ---------------------------------------------------------------- SEBlock


@probes("SEBlock")
def se_probes(rng):
    def probe(b, c, r, h, w):
        shapes = {"down.weight": (c // r, c), "up.weight": (c, c // r)}
        return Module((c, r), _parameters(rng, shapes), (*_tensors(rng, (b, c, h, w), dtype=np.float32),))

    return [
        probe(2, 6, 3, 4, 5),
        probe(3, 8, 2, 5, 2),
        probe(4, 4, 1, 4, 4),
        Module((6, 4), {}, (torch.ones(2, 6, 3, 5),)),
    ]


@wrong(
    "SEBlock",
    "Your layers have a bias. nn.Linear brings one unless told otherwise; here the two are matrices only.",
)
class WithBiases(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        gates = torch.sigmoid(self.up(torch.relu(self.down(squeeze(x)))))
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "There is no sigmoid: your factors are not between 0 and 1, and may turn a map into its negative. A gate is a share of what comes through.",
)
class WithoutSigmoid(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = self.up(torch.relu(self.down(squeeze(x))))
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Nothing stands between your two layers. Without a nonlinearity they are one matrix of low rank.",
)
class WithoutReLU(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.up(self.down(squeeze(x))))
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Your means run over the batch, so what stands beside a picture changes its gates. The gate of a channel is for one picture.",
)
class PooledOverBatch(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(x.mean(dim=(0, 2, 3))[None], self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "You squeeze by the maximum. That is one of CBAM's two pools; squeeze-and-excitation takes the mean.",
)
class SqueezedByMaximum(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(x.amax(dim=(2, 3)), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "You add the gates to the maps. Adding shifts a map and closes nothing; a gate lets a share of the map through.",
)
class GatesAdded(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x + gates[:, :, None, None]


@wrong(
    "SEBlock",
    "You add x to the gated maps. In a residual network the sum stands outside the block; with it inside, no channel can be closed.",
)
class WithResidual(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x + x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Only the gates come back. The third step is missing: each map is multiplied by its gate, so that the block fits behind any convolution.",
)
class GatesOnly(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        return excite(squeeze(x), self.down.weight, self.up.weight)


@wrong(
    "SEBlock",
    "Where the reduction does not divide the channels you round without a word. That is a mistake of the caller, who should hear of it.",
)
class Rounded(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        self.down = nn.Linear(channels, max(1, channels // reduction), bias=False)
        self.up = nn.Linear(max(1, channels // reduction), channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Your bottleneck is as wide as the reduction. The reduction is the factor by which the channels are fewer there.",
)
class ReductionIsTheWidth(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, reduction, bias=False)
        self.up = nn.Linear(reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Your block has no bottleneck: both layers are C wide. The reduction is what keeps the block cheap, 2C²/r numbers instead of 2C².",
)
class NoBottleneck(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels, bias=False)
        self.up = nn.Linear(channels, channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Your constructor raises another error than a ValueError where the reduction does not divide. An assert is for what can never happen, and python -O leaves it out.",
)
class Asserted(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        assert channels % reduction == 0
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "You use a softmax over the channels, so that they compete and the more there are, the weaker each becomes. A gate is each channel's own.",
)
class SoftmaxGates(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = torch.softmax(self.up(torch.relu(self.down(squeeze(x)))), dim=1)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Your layers have other names than down and up, for instance because they stand in an nn.Sequential. Names are how a trained state is found again.",
)
class InASequential(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduction, bias=False),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.fc(squeeze(x))[:, :, None, None]


@wrong(
    "SEBlock",
    "Your layers are made in forward, new and random at each call, and the block has no parameters to train. Layers are made once, in __init__.",
)
class MadeInForward(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.channels, self.reduction = channels, reduction

    def forward(self, x):
        down = nn.Linear(self.channels, self.channels // self.reduction, bias=False)
        up = nn.Linear(self.channels // self.reduction, self.channels, bias=False)
        return x * excite(squeeze(x), down.weight, up.weight)[:, :, None, None]


@wrong(
    "SEBlock",
    "A second ReLU stands before your sigmoid. Then no gate falls below ½, and a channel can never be closed.",
)
class SETwoReLUs(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(torch.relu(self.up(torch.relu(self.down(squeeze(x))))))
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "The gates are computed without a way back for gradients, so down and up can never learn which channels matter.",
)
class SEDetached(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        with torch.no_grad():
            gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Your gates meet the columns of a map instead of its channel; where C = W nothing complains. Axes line up from the right: how many must stand behind C?",
)
class SEGatesOnColumns(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, None, None, :]


@wrong(
    "SEBlock",
    "Your layers are 1 × 1 convolutions. They compute the same, and their weights have two axes too many for the linear layers that were asked for.",
)
class SEConvolutions(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.up = nn.Conv2d(channels // reduction, channels, 1, bias=False)

    def forward(self, x):
        z = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.up(torch.relu(self.down(z))))


@wrong("SEBlock", None, also=("WithBiases", "Rounded"))
class BiasedAndRounded(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        gates = torch.sigmoid(self.up(torch.relu(self.down(squeeze(x)))))
        return x * gates[:, :, None, None]


@wrong("SEBlock", None, also=("WithBiases", "WithoutSigmoid"))
class BiasedWithoutSigmoid(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        return x * self.up(torch.relu(self.down(squeeze(x))))[:, :, None, None]


@wrong("SEBlock", None, also=("InASequential", "Rounded"))
class SequentialAndRounded(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduction, bias=False),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.fc(squeeze(x))[:, :, None, None]


@wrong("SEBlock", None, also=("WithBiases", "PooledOverBatch"))
class BiasedOverBatch(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        gates = torch.sigmoid(self.up(torch.relu(self.down(x.mean(dim=(0, 2, 3))))))
        return x * gates[:, None, None]


@right("SEBlock")
class WithOwnFunctions(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction != 0:
            raise ValueError("reduction")
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        b, c, _, _ = x.shape
        return x * excite(squeeze(x), self.down.weight, self.up.weight).view(b, c, 1, 1)


@right("SEBlock")
class WithLayersOfTorch(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        width, rest = divmod(channels, reduction)
        if rest:
            raise ValueError(reduction)
        self.pool, self.relu, self.sigmoid = nn.AdaptiveAvgPool2d(1), nn.ReLU(), nn.Sigmoid()
        self.up = nn.Linear(width, channels, bias=False)
        self.down = nn.Linear(channels, width, bias=False)

    def forward(self, x):
        gates = self.sigmoid(self.up(self.relu(self.down(self.pool(x).flatten(1)))))
        return x * gates.unsqueeze(-1).unsqueeze(-1).expand_as(x)


@right("SEBlock")
class WithEinsum(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels // reduction * reduction != channels:
            raise ValueError(reduction)
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        hidden = self.down(x.flatten(2).mean(-1)).clamp(min=0)
        return torch.einsum("bc,bchw->bchw", self.up(hidden).sigmoid(), x)


# ---------------------------------------------------------------- eca_kernel_size


@probes("eca_kernel_size")
def kernel_size_probes(rng):
    some = [int(c) for c in rng.integers(3, 3000, size=4)]
    return [
        *(Call(c) for c in (1, 4, 8, 64, 256, 512, 1000, 2048, *some)),
        *(Call(64, 1, 0), Call(128, 1, 0), Call(100, 3, 4), Call(48, 1.5, -3), Call(16, 2, -9)),
        *(Call(100, 0.7, 2), Call(320, 0.7, 1)),
    ]


@wrong(
    "eca_kernel_size",
    "Your logarithm is the natural one. The formula counts doublings of the channels, which is the logarithm to the base 2.",
)
def natural_logarithm(channels, gamma=2, b=1):
    t = int(abs((math.log(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Your logarithm has the base 10. The formula counts doublings of the channels, which is the logarithm to the base 2.",
)
def decimal_logarithm(channels, gamma=2, b=1):
    t = int(abs((math.log10(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You round t. Cut it instead: 3.5 is nearer to 3 than to 5 among the odd numbers, and rounding makes 4 of it first.",
)
def rounded(channels, gamma=2, b=1):
    t = round(abs((math.log2(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You round t up. Cut it instead: 3.5 is nearer to 3 than to 5 among the odd numbers.",
)
def rounded_up(channels, gamma=2, b=1):
    t = math.ceil(abs((math.log2(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Some of your sizes are even. An even kernel has no middle to stand on its own channel, and the row of gates would change its length.",
)
def left_even(channels, gamma=2, b=1):
    return int(abs((math.log2(channels) + b) / gamma))


@wrong(
    "eca_kernel_size",
    "Where t is even you take the odd number below. After cutting, the real t lies at or above the even number, so the one above is nearer.",
)
def one_less_if_even(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + b) / gamma))
    return t if t % 2 else t - 1


@wrong(
    "eca_kernel_size",
    "A float comes back. The size of a kernel counts neighbours, and nn.Conv1d accepts whole numbers only.",
)
def a_float(channels, gamma=2, b=1):
    t = abs((math.log2(channels) + b) / gamma) // 1
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You add b after dividing. In the paper's formula gamma divides both, the logarithm and b.",
)
def b_not_divided(channels, gamma=2, b=1):
    t = int(abs(math.log2(channels) / gamma + b))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You multiply by gamma. A larger gamma means a smaller reach: it divides.",
)
def gamma_multiplies(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + b) * gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You add one in any case, so that odd numbers become even. Only an even number needs mending.",
)
def always_one_more(channels, gamma=2, b=1):
    return int(abs((math.log2(channels) + b) / gamma)) + 1


@wrong(
    "eca_kernel_size",
    "You left out the logarithm: the kernel grows with the channels themselves and soon spans all of them. It should hardly grow.",
)
def no_logarithm(channels, gamma=2, b=1):
    t = int(abs((channels + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Your function does not look at gamma and b; it has the defaults' values built in. What a caller hands over must count.",
)
def arguments_ignored(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + 1) / 2))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You return 3 whatever the channels are. A block with more channels is to reach further, by the logarithm of their number.",
)
def always_three(channels, gamma=2, b=1):
    return 3


@wrong(
    "eca_kernel_size",
    "A negative b can make your size negative. The formula has bars around the fraction: its magnitude counts.",
)
def without_magnitude(channels, gamma=2, b=1):
    t = int((math.log2(channels) + b) / gamma)
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You take t for the reach to each side, and make 2t + 1 of it. In the formula t is the length of the whole kernel.",
)
def reach_to_each_side(channels, gamma=2, b=1):
    return 2 * int(abs((math.log2(channels) + b) / gamma)) + 1


@wrong(
    "eca_kernel_size",
    "You do not let the kernel become shorter than 3. For few channels the formula gives 1: then each gate hears its own channel only.",
)
def three_at_least(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + b) / gamma))
    return max(3, t if t % 2 else t + 1)


@wrong(
    "eca_kernel_size",
    "gamma and b have changed places in your formula. One is added to the logarithm, and the sum is divided by the other.",
)
def roles_exchanged(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + gamma) / (b or 1)))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Your test for odd and even is turned round: odd numbers are raised to even ones. What is t % 2 of an odd t?",
)
def odd_raised(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + b) / gamma))
    return t + 1 if t % 2 else t


@wrong(
    "eca_kernel_size",
    "You subtract b. It is subtracted where the authors write C in terms of k; solved for k, it is added.",
)
def b_subtracted(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) - b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You cut the logarithm before anything else is done. Cut once, at the end: what stands behind the point can still tip t over.",
)
def cut_too_early(channels, gamma=2, b=1):
    t = int(abs((int(math.log2(channels)) + b) / gamma))
    return t if t % 2 else t + 1


@wrong("eca_kernel_size", None, also=("natural_logarithm", "left_even"))
def natural_and_even(channels, gamma=2, b=1):
    return int(abs((math.log(channels) + b) / gamma))


@wrong("eca_kernel_size", None, also=("rounded", "left_even"))
def rounded_and_even(channels, gamma=2, b=1):
    return round(abs((math.log2(channels) + b) / gamma))


@wrong("eca_kernel_size", None, also=("rounded", "without_magnitude"))
def rounded_without_magnitude(channels, gamma=2, b=1):
    t = round((math.log2(channels) + b) / gamma)
    return t if t % 2 else t + 1


@wrong("eca_kernel_size", None, also=("natural_logarithm", "without_magnitude"))
def natural_without_magnitude(channels, gamma=2, b=1):
    t = int((math.log(channels) + b) / gamma)
    return t if t % 2 else t + 1


@right("eca_kernel_size")
def last_bit_set(channels, gamma=2, b=1):
    return int(abs((math.log2(channels) + b) / gamma)) | 1


@right("eca_kernel_size")
def halved_and_doubled(channels, gamma=2, b=1):
    t = abs(math.log2(channels) / gamma + b / gamma)
    return 2 * int(t // 2) + 1


@right("eca_kernel_size")
def with_numpy(channels, gamma=2, b=1):
    t = int(np.floor(np.abs((np.log2(channels) + b) / gamma)))
    if t % 2 == 0:
        t += 1
    return t


# ---------------------------------------------------------------- ECABlock


@probes("ECABlock")
def eca_probes(rng):
    def probe(init, k, b, h, w):
        x = _tensors(rng, (b, init[0], h, w), dtype=np.float32)
        return Module(init, _parameters(rng, {"kernel.weight": (1, 1, k)}), (*x,))

    return [
        probe((9,), 3, 2, 4, 5),
        probe((6, 1, 3), 5, 3, 5, 2),
        probe((3, 1, 1), 3, 3, 3, 3),
        probe((16, 2, 1), 3, 1, 2, 3),
        probe((2,), 1, 4, 3, 1),
        probe((10, 0.5, 0), 7, 2, 3, 2),
    ]


@wrong(
    "ECABlock",
    "A dense layer makes your gates: C² numbers, which grow with the channels. ECA has one short kernel that slides along them.",
)
class Dense(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Linear(channels, channels, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)))[:, :, None, None]


@wrong(
    "ECABlock",
    "Your kernel has a bias. nn.Conv1d brings one unless told otherwise; here it is k numbers and nothing else.",
)
class KernelWithBias(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong(
    "ECABlock",
    "Your row of gates is shorter than the row of channels: a kernel loses k//2 at each end unless something stands beyond them. There should be zeros.",
)
class NoPadding(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Conv1d(1, 1, eca_kernel_size(channels, gamma, b), bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong(
    "ECABlock",
    "Your row of channels is a ring: the first hears the last. Beyond the ends stand zeros.",
)
class Ring(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False, padding_mode="circular")

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong(
    "ECABlock",
    "Beyond the ends of the row you repeat the outermost means. There should be zeros.",
)
class EndsRepeated(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False, padding_mode="replicate")

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong(
    "ECABlock",
    "Every channel has a kernel of its own: the number of parameters grows with the channels. One kernel serves all of them; to it, channels are places along a signal.",
)
class KernelForEach(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(channels, channels, k, padding=k // 2, groups=channels, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, :, None]))[..., None]


@wrong(
    "ECABlock",
    "Your kernel mixes all channels: it has C of them in and C out. To it the row of means is one signal, and the channels are its length.",
)
class ChannelsAsChannels(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(channels, channels, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, :, None]))[..., None]


@wrong(
    "ECABlock",
    "Your kernel runs along the batch: a picture's gates depend on the pictures beside it. The neighbours are neighbouring channels.",
)
class AlongTheBatch(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x).T[:, None])[:, 0].T)
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "There is no sigmoid: your factors are not between 0 and 1. A gate is a share of what comes through.",
)
class ECAWithoutSigmoid(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x * self.kernel(squeeze(x)[:, None])[:, 0, :, None, None]


@wrong(
    "ECABlock",
    "You use a softmax over the channels, so that they compete. Several may be open at once; each has a gate of its own.",
)
class ECASoftmax(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x * torch.softmax(self.kernel(squeeze(x)[:, None])[:, 0], dim=1)[:, :, None, None]


@wrong(
    "ECABlock",
    "Your kernel is 3 long whatever the channels are. Its length comes from their number, by exercise 4.",
)
class ThreeLong(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong(
    "ECABlock",
    "Your block does not hand gamma and b on to eca_kernel_size: its kernel has the default length whatever the caller asks.",
)
class GammaNotHandedOn(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong(
    "ECABlock",
    "You squeeze by the maximum. That is one of CBAM's two pools; ECA takes the mean.",
)
class ECAByMaximum(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(x.amax(dim=(2, 3))[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "You add x to the gated maps. With the sum inside the block no channel can be closed; in a residual network it stands outside.",
)
class ECAWithResidual(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x + x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong(
    "ECABlock",
    "A ReLU stands before your sigmoid. It makes every gate ½ or more, so that no channel can be closed; ECA has no bottleneck and needs no ReLU.",
)
class ECAWithReLU(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(torch.relu(self.kernel(squeeze(x)[:, None])[:, 0]))
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your kernel is applied from right to left. Mathematics flips a kernel, torch does not: the first of its numbers belongs to the left neighbour.",
)
class Flipped(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x).flip(1)[:, None])[:, 0].flip(1))
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your kernel runs over rows and columns of the picture: that is a gate for places, as in exercise 7. ECA's runs over the channels' means.",
)
class OverPlaces(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv2d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(x.mean(dim=1, keepdim=True)))


@wrong(
    "ECABlock",
    "Only the gates come back. The maps must still be multiplied by them, so that the block fits behind any convolution.",
)
class ECAGatesOnly(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])


@wrong(
    "ECABlock",
    "The gates are computed without a way back for gradients, so the kernel can never learn whom to hear.",
)
class ECADetached(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0]).detach()
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "All zeros stand on one side of your row, so a channel hears only those before it. That is for time, where the future is unknown; channels have neighbours on both sides.",
)
class ECAOneSided(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, self.k, bias=False)

    def forward(self, x):
        row = nn.functional.pad(squeeze(x)[:, None], (self.k - 1, 0))
        gates = torch.sigmoid(self.kernel(row)[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your convolution has another name than kernel. Names are how a trained state is found again; the computation is right.",
)
class OtherName(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.conv = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.conv(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@wrong("ECABlock", None, also=("KernelWithBias", "ThreeLong"))
class ThreeLongWithBias(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Conv1d(1, 1, 3, padding=1)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])[:, :, None, None]


@right("ECABlock")
class ByTransposing(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.kernel = nn.Conv1d(1, 1, kernel_size=k, padding=(k - 1) // 2, bias=False)

    def forward(self, x):
        y = self.kernel(self.pool(x).squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        return x * y.sigmoid().expand_as(x)


@right("ECABlock")
class PaddedSame(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        t = int(abs((math.log2(channels) + b) / gamma))
        self.kernel = nn.Conv1d(1, 1, t | 1, padding="same", bias=False)

    def forward(self, x):
        gates = self.kernel(x.mean((2, 3)).unsqueeze(1)).squeeze(1).sigmoid()
        return torch.einsum("bchw,bc->bchw", x, gates)


@right("ECABlock")
class WindowByWindow(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, self.k, bias=False)

    def forward(self, x):
        row = nn.functional.pad(x.flatten(2).mean(-1), (self.k // 2, self.k // 2))
        mixed = row.unfold(1, self.k, 1) @ self.kernel.weight[0, 0]
        return torch.sigmoid(mixed)[..., None, None] * x


# ---------------------------------------------------------------- channel_gate


@probes("channel_gate")
def channel_gate_probes(rng):
    return [
        Call(*_tensors(rng, (2, 6, 4, 5), (3, 6), (6, 3))),
        Call(*_tensors(rng, (3, 8, 5, 2), (2, 8), (8, 2))),
        Call(*_tensors(rng, (3, 3, 3, 3), (3, 3), (3, 3))),
        Call(*_tensors(rng, (4, 5, 2, 3), (5, 5), (5, 5))),
        Call(*_tensors(rng, (1, 4, 3, 2), (2, 4), (4, 2), dtype=np.float32)),
    ]


@wrong(
    "channel_gate",
    "Only the mean counts in your gate. A small bright spot hardly moves the mean of a large map; that is what the maximum is for.",
)
def mean_only(x, W_1, W_2):
    return torch.sigmoid(torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T)


@wrong(
    "channel_gate",
    "Only the maximum counts in your gate. It knows the strongest place and nothing of the rest; the mean tells how much there is.",
)
def maximum_only(x, W_1, W_2):
    return torch.sigmoid(torch.relu(x.amax(dim=(2, 3)) @ W_1.T) @ W_2.T)


@wrong(
    "channel_gate",
    "You squash twice and add two gates: the sum may reach 2. The two pools are added inside, and one sigmoid makes the gate.",
)
def two_sigmoids(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return sum(torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T) for z in pools)


@wrong(
    "channel_gate",
    "You make two gates and average them. The two pools are added inside, and one sigmoid makes the gate.",
)
def gates_averaged(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return sum(torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T) for z in pools) / 2


@wrong(
    "channel_gate",
    "You make two gates and multiply them. Then a channel is open only where both say so; in CBAM what one pool says can make up for the other, inside the sigmoid.",
)
def gates_multiplied(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    first, second = (torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T) for z in pools)
    return first * second


@wrong(
    "channel_gate",
    "You add the pools first and send their sum through the matrices. The ReLU makes this another thing: what is negative in the mean then takes away from the maximum. Each pool has its own way through.",
)
def pools_added_first(x, W_1, W_2):
    pooled = x.mean(dim=(2, 3)) + x.amax(dim=(2, 3))
    return torch.sigmoid(torch.relu(pooled @ W_1.T) @ W_2.T)


@wrong(
    "channel_gate",
    "You add the two before the ReLU. Each pool passes its own ReLU; only behind it, or behind W_2, may they be added.",
)
def averaged_pools(x, W_1, W_2):
    pooled = (x.mean(dim=(2, 3)) + x.amax(dim=(2, 3))) / 2
    return torch.sigmoid(torch.relu(pooled @ W_1.T) @ W_2.T)


@wrong(
    "channel_gate",
    "Nothing stands between the two matrices. Without a ReLU they are a single matrix of low rank.",
)
def gate_without_relu(x, W_1, W_2):
    return torch.sigmoid((x.mean(dim=(2, 3)) + x.amax(dim=(2, 3))) @ W_1.T @ W_2.T)


@wrong(
    "channel_gate",
    "You average what the two pools give. The formula adds it: half as much inside the sigmoid gives gates nearer to ½.",
)
def half_the_sum(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.sigmoid(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools) / 2)


@wrong(
    "channel_gate",
    "There is no sigmoid at the end: your numbers are not between 0 and 1. A gate is a share of what comes through.",
)
def gate_without_sigmoid(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools)


@wrong(
    "channel_gate",
    "Your maximum is taken along the rows, and then averaged. The maximum of a map is one place's, the highest of all.",
)
def maximum_of_rows_averaged(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=3).mean(dim=2)
    return torch.sigmoid(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools))


@wrong(
    "channel_gate",
    "Your maximum runs over the batch, too: a bright picture opens the gates of those beside it. Both pools are of one picture's map.",
)
def maximum_over_batch(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(0, 2, 3))[None]
    return torch.sigmoid(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools))


@wrong(
    "channel_gate",
    "You use a softmax, so channels compete: where one opens, others must close. Each gets a gate of its own between 0 and 1.",
)
def gate_by_softmax(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.softmax(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools), dim=1)


@wrong(
    "channel_gate",
    "You take the largest magnitude instead of the maximum. Something strongly negative then counts as something bright.",
)
def largest_magnitude(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.abs().amax(dim=(2, 3))
    return torch.sigmoid(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools))


@wrong(
    "channel_gate",
    "The maps come back, already multiplied. This function makes the gates only; who multiplies comes in exercise 8.",
)
def already_scaled(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    gates = torch.sigmoid(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools))
    return x * gates[:, :, None, None]


@wrong(
    "channel_gate",
    "Of the two, you take the larger. CBAM adds what mean and maximum give, so that both always count.",
)
def larger_of_both(x, W_1, W_2):
    first, second = (torch.relu(z @ W_1.T) @ W_2.T for z in (x.mean(dim=(2, 3)), x.amax(dim=(2, 3))))
    return torch.sigmoid(torch.maximum(first, second))


@wrong(
    "channel_gate",
    "Your gates are right and two axes of length one are left over. The shape asked for is (B, C).",
)
def gate_with_axes(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.sigmoid(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools))[:, :, None, None]


@wrong(
    "channel_gate",
    "A second ReLU stands behind W_2. Then no gate falls below ½, and a channel can never be closed.",
)
def gate_with_two_relus(x, W_1, W_2):
    mean = torch.relu(torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T)
    highest = torch.relu(torch.relu(x.amax(dim=(2, 3)) @ W_1.T) @ W_2.T)
    return torch.sigmoid(mean + highest)


@wrong(
    "channel_gate",
    "Your first pool is a sum: it grows with the size of the map. The mean is asked for.",
)
def sum_and_maximum(x, W_1, W_2):
    total, highest = x.sum(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.sigmoid((torch.relu(total @ W_1.T) + torch.relu(highest @ W_1.T)) @ W_2.T)


@wrong("channel_gate", None, also=("mean_only", "gate_without_sigmoid"))
def mean_without_sigmoid(x, W_1, W_2):
    return torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T


@wrong("channel_gate", None, also=("gate_without_relu", "half_the_sum"))
def half_without_relu(x, W_1, W_2):
    return torch.sigmoid((x.mean(dim=(2, 3)) + x.amax(dim=(2, 3))) / 2 @ W_1.T @ W_2.T)


@right("channel_gate")
def each_by_itself(x, W_1, W_2):
    flat = x.flatten(2)
    total = 0
    for pooled in (flat.mean(dim=-1), flat.max(dim=-1).values):
        total = total + nn.functional.linear(torch.relu(nn.functional.linear(pooled, W_1)), W_2)
    return total.sigmoid()


@right("channel_gate")
def both_in_one_batch(x, W_1, W_2):
    z = torch.cat([x.mean(dim=(-1, -2)), x.max(-1).values.max(-1).values])
    mean, highest = ((z @ W_1.T).clamp(min=0) @ W_2.T).chunk(2)
    return torch.sigmoid(mean + highest)


@right("channel_gate")
def with_torch_pools(x, W_1, W_2):
    mean = nn.functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]
    highest = nn.functional.adaptive_max_pool2d(x, 1)[:, :, 0, 0]
    hidden = torch.stack([mean, highest]) @ W_1.mT
    return 1 / (1 + torch.exp(-(torch.relu(hidden) @ W_2.mT).sum(0)))


# ---------------------------------------------------------------- spatial_gate


@probes("spatial_gate")
def spatial_gate_probes(rng):
    return [
        Call(*_tensors(rng, (2, 4, 5, 6), (1, 2, 3, 3))),
        Call(*_tensors(rng, (3, 5, 6, 4), (1, 2, 5, 5))),
        Call(*_tensors(rng, (3, 3, 3, 3), (1, 2, 3, 3))),
        Call(*_tensors(rng, (2, 3, 2, 4), (1, 2, 1, 1))),
        Call(*_tensors(rng, (1, 4, 5, 3), (1, 2, 3, 3), dtype=np.float32)),
        Call(*_tensors(rng, (2, 3, 5, 4), (1, 2, 2, 2))),
    ]


@wrong(
    "spatial_gate",
    "You pool height and width: nothing is left that could say where. A gate for places pools the channels.",
)
def places_pooled(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)[..., None]
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "The maximum comes first in your stack of two maps. The kernel's first half is for the mean, its second for the maximum.",
)
def maximum_first(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.amax(dim=1, keepdim=True), x.mean(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "Only the mean over the channels counts in your gate. One channel that shouts among many silent ones is seen by the maximum.",
)
def mean_map_only(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    return torch.sigmoid(nn.functional.conv2d(x.mean(dim=1, keepdim=True), kernel[:, :1], padding=k // 2))


@wrong(
    "spatial_gate",
    "Only the maximum over the channels counts in your gate. How many channels are active at a place is what the mean tells.",
)
def maximum_map_only(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    return torch.sigmoid(nn.functional.conv2d(x.amax(dim=1, keepdim=True), kernel[:, 1:], padding=k // 2))


@wrong(
    "spatial_gate",
    "Your map of gates is smaller than the picture: a kernel loses k//2 at each border unless something stands beyond it. There should be zeros.",
)
def not_padded(x, kernel):
    if kernel.shape[-1] % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel))


@wrong(
    "spatial_gate",
    "There is no sigmoid at the end: your numbers are not between 0 and 1. A gate is a share of what comes through.",
)
def map_without_sigmoid(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return nn.functional.conv2d(pools, kernel, padding=k // 2)


@wrong(
    "spatial_gate",
    "You use a softmax over the places, so that they compete and each gets very little. CBAM opens or closes each place by itself.",
)
def softmax_of_places(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    scores = nn.functional.conv2d(pools, kernel, padding=k // 2)
    return torch.softmax(scores.flatten(2), dim=-1).reshape(scores.shape)


@wrong(
    "spatial_gate",
    "You accept an even kernel, and the map becomes larger than the picture. It has no middle to stand on a place; say so with a ValueError.",
)
def even_accepted(x, kernel):
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))


@wrong(
    "spatial_gate",
    "You accept an even kernel and pad it unevenly. The size of the map is right and everything is moved by half a place; a ValueError is due.",
)
def even_padded_same(x, kernel):
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    low, high = (kernel.shape[-1] - 1) // 2, kernel.shape[-1] // 2  # as padding="same", without its warning
    return torch.sigmoid(nn.functional.conv2d(nn.functional.pad(pools, (low, high) * 2), kernel))


@wrong(
    "spatial_gate",
    "Your map has lost its axis of channels. With one channel, (B, 1, H, W), it multiplies all maps of a picture by broadcasting; (B, H, W) would meet the wrong axes.",
)
def axis_lost(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))[:, 0]


@wrong(
    "spatial_gate",
    "The maps come back, already multiplied. This function makes the gates only; who multiplies comes in exercise 8.",
)
def maps_already_scaled(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return x * torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "You flip the kernel, as mathematics does with a convolution. torch's convolution does not: the kernel lies on the window as it is written.",
)
def kernel_flipped(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel.flip(-1, -2), padding=k // 2))


@wrong(
    "spatial_gate",
    "Rows and columns of your kernel have changed places. Where the kernel is not symmetric, it looks sideways instead of up.",
)
def kernel_transposed(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel.transpose(-1, -2), padding=k // 2))


@wrong(
    "spatial_gate",
    "Beyond the border of your picture its outermost numbers are repeated. There should be zeros.",
)
def borders_repeated(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    pools = nn.functional.pad(pools, (k // 2,) * 4, mode="replicate")
    return torch.sigmoid(nn.functional.conv2d(pools, kernel))


@wrong(
    "spatial_gate",
    "Your pools run over the batch, too: all pictures get one map. Where to look is a question about one picture.",
)
def one_map_for_all(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=(0, 1)), x.amax(dim=(0, 1))])[None]
    gates = torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))
    return gates.expand(len(x), -1, -1, -1)


@wrong(
    "spatial_gate",
    "You add the channels up. A sum grows with their number, a mean does not.",
)
def channels_summed(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.sum(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "You make a gate of each pool and multiply the two. One kernel reads both maps, and one sigmoid makes the gate.",
)
def two_gates_multiplied(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)
    first, second = (
        torch.sigmoid(nn.functional.conv2d(pool, kernel[:, i : i + 1], padding=k // 2))
        for i, pool in enumerate(pools)
    )
    return first * second


@wrong(
    "spatial_gate",
    "Your function raises another error than a ValueError for an even kernel. An assert is for what can never happen, and python -O leaves it out.",
)
def even_asserted(x, kernel):
    k = kernel.shape[-1]
    assert k % 2 == 1
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "You pool the places, and the channels stay. A gate for each place is asked for: there the channels are what is pooled.",
)
def pools_places(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)[:, :, None]
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "Your padding is 3 whatever the kernel. That fits the authors' 7 × 7; how far does a kernel of k reach to each side?",
)
def padding_of_three(x, kernel):
    if kernel.shape[-1] % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=3))


@wrong(
    "spatial_gate",
    "Each of your two maps has a sigmoid of its own, and the gates are added. Both maps go into one sum: add, then squash.",
)
def map_by_map(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    mean = nn.functional.conv2d(x.mean(dim=1, keepdim=True), kernel[:, :1], padding=k // 2)
    highest = nn.functional.conv2d(x.amax(dim=1, keepdim=True), kernel[:, 1:], padding=k // 2)
    return torch.sigmoid(mean) + torch.sigmoid(highest)


@wrong("spatial_gate", None, also=("maximum_first", "even_accepted"))
def maximum_first_even_accepted(x, kernel):
    pools = torch.stack([x.amax(dim=1), x.mean(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))


@wrong("spatial_gate", None, also=("map_without_sigmoid", "even_accepted"))
def no_sigmoid_even_accepted(x, kernel):
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2)


@wrong("spatial_gate", None, also=("padding_of_three", "even_accepted"))
def padding_of_three_even_accepted(x, kernel):
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=3))


@wrong("spatial_gate", None, also=("axis_lost", "even_accepted"))
def axis_lost_even_accepted(x, kernel):
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))[:, 0]


@right("spatial_gate")
def with_stack_and_same(x, kernel):
    if kernel.shape[-1] % 2 != 1:
        raise ValueError("even")
    pools = torch.stack([x.mean(1), x.max(1).values], dim=1)
    return nn.functional.conv2d(pools, kernel, padding="same").sigmoid()


@right("spatial_gate")
def each_map_by_itself(x, kernel):
    *_, k = kernel.shape
    if not k % 2:
        raise ValueError("even")
    mean = nn.functional.conv2d(x.mean(1, keepdim=True), kernel[:, 0:1], padding=k // 2)
    highest = nn.functional.conv2d(torch.amax(x, 1, True), kernel[:, 1:2], padding=k // 2)
    return torch.sigmoid(mean + highest)


@right("spatial_gate")
def by_windows(x, kernel):
    b, _, h, w = x.shape
    k = kernel.shape[2]
    if k // 2 * 2 == k:
        raise ValueError("even")
    pools = torch.stack([x.mean(1), x.amax(1)], dim=1)
    windows = nn.functional.unfold(pools, k, padding=k // 2)
    return torch.sigmoid(kernel.flatten() @ windows).reshape(b, 1, h, w)


# ---------------------------------------------------------------- CBAM


@probes("CBAM")
def cbam_probes(rng):
    def probe(b, c, r, h, w, *size):
        k = size[0] if size else 7
        shapes = {"down.weight": (c // r, c), "up.weight": (c, c // r), "conv.weight": (1, 2, k, k)}
        x = _tensors(rng, (b, c, h, w), dtype=np.float32)
        return Module((c, r, *size), _parameters(rng, shapes), (*x,))

    return [
        probe(2, 6, 3, 4, 5, 3),
        probe(3, 8, 2, 5, 2, 5),
        probe(3, 3, 1, 3, 3, 3),
        probe(2, 4, 2, 3, 5),
        probe(4, 6, 2, 2, 3, 1),
        Module((6, 4, 3), {}, (torch.ones(2, 6, 3, 5),)),
        Module((6, 3, 4), {}, (torch.ones(2, 6, 3, 5),)),
    ]


@wrong(
    "CBAM",
    "Your block opens places first and channels second. The channel gates come first: the map of places is made from what they let through.",
)
class PlacesFirst(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * spatial_gate(x, self.conv.weight)
        return x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]


@wrong(
    "CBAM",
    "Your two gates stand side by side: both look at x. The map of places should be made from the maps that the channel gates have scaled.",
)
class InParallel(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        gates = channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * gates * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "The map of places multiplies x, and the channel gates are lost on the way. It multiplies what they have scaled.",
)
class ChannelGatesLost(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        scaled = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(scaled, self.conv.weight)


@wrong(
    "CBAM",
    "You add the two gates before you multiply. Then a closed channel still passes through an open place; multiplied one after the other, either can close.",
)
class GatesSummed(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        gates = channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * (gates + spatial_gate(x, self.conv.weight))


@wrong(
    "CBAM",
    "Your channel gates know the mean only. CBAM asks the maximum as well, through the same two layers.",
)
class ChannelMeanOnly(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * excite(squeeze(x), self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "Mean and maximum are added before they pass the layers. Each has its own way through the ReLU; the sum comes after.",
)
class PoolsSummedFirst(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        pooled = squeeze(x) + x.amax(dim=(2, 3))
        x = x * excite(pooled, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "Your two linear layers have a bias. Here they are matrices only, as in SEBlock.",
)
class BiasedLayers(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        z = self.up(torch.relu(self.down(squeeze(x)))) + self.up(torch.relu(self.down(x.amax(dim=(2, 3)))))
        x = x * torch.sigmoid(z)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "Your convolution has a bias: nn.Conv2d brings one unless told otherwise. Here it is a kernel only, and where nothing is in its window the gate is ½.",
)
class BiasedConvolution(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1)))


@wrong(
    "CBAM",
    "Your channel factors pass no sigmoid: they are not between 0 and 1. Each of the two gates has a sigmoid of its own.",
)
class ChannelsNotSquashed(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        z = self.up(torch.relu(self.down(squeeze(x))) + torch.relu(self.down(x.amax(dim=(2, 3)))))
        x = x * z[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "Your map of places passes no sigmoid: its factors are not between 0 and 1. Each of the two gates has a sigmoid of its own.",
)
class PlacesNotSquashed(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1))


@wrong(
    "CBAM",
    "You add x to the gated maps. In a residual network the sum stands outside the block; with it inside, nothing can be closed.",
)
class CBAMWithResidual(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        scaled = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x + scaled * spatial_gate(scaled, self.conv.weight)


@wrong(
    "CBAM",
    "Your kernel is 7 wide whatever the caller asks. The number is a default; kernel_size decides.",
)
class AlwaysSeven(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, 7, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "The maximum comes first in the two maps that your convolution reads. The mean is its first channel, the maximum its second.",
)
class MaximumFirst(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight.flip(1))


@wrong(
    "CBAM",
    "The convolution is not used in forward: your block opens channels only. The second half asks where.",
)
class ChannelsOnly(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        return x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]


@wrong(
    "CBAM",
    "Where the reduction does not divide the channels you round without a word. That is a mistake of the caller, who should hear of it by a ValueError.",
)
class ReductionRounded(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, max(1, channels // reduction), bias=False)
        self.up = nn.Linear(max(1, channels // reduction), channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "Your constructor accepts an even kernel, and the block fails, or moves everything by half a place, when it is used. Say so with a ValueError as soon as the block is made.",
)
class EvenAccepted(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1)))


@wrong(
    "CBAM",
    "Your constructor accepts an even kernel, and a forward with uneven padding hides it. It has no middle; say so with a ValueError as soon as the block is made.",
)
class EvenPaddedSame(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        low, high = (self.conv.kernel_size[0] - 1) // 2, self.conv.kernel_size[0] // 2
        pools = nn.functional.pad(torch.stack([x.mean(1), x.amax(1)], dim=1), (low, high) * 2)
        return x * torch.sigmoid(self.conv(pools))


@wrong(
    "CBAM",
    "Your convolution reads all channels of x. It reads two maps only, the mean and the maximum over the channels, and so costs the same whatever their number.",
)
class ConvolutionOfAllChannels(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(channels, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * torch.sigmoid(self.conv(x))


@wrong(
    "CBAM",
    "Mean and maximum have layers of their own in your block. CBAM's bottleneck is shared: one pair of matrices serves both.",
)
class TwoBottlenecks(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.down_max = nn.Linear(channels, channels // reduction, bias=False)
        self.up_max = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        z = self.up(torch.relu(self.down(squeeze(x))))
        z = z + self.up_max(torch.relu(self.down_max(x.amax(dim=(2, 3)))))
        x = x * torch.sigmoid(z)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "A batch normalisation stands behind your convolution, as in the authors' published code. It ties the pictures of a batch together; the paper's formula, and this exercise, have none.",
)
class WithBatchNorm(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(1)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * torch.sigmoid(self.bn(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1))))


@wrong(
    "CBAM",
    "Your constructor raises another error than a ValueError where sizes do not fit. An assert is for what can never happen, and python -O leaves it out.",
)
class CBAMAsserted(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        assert channels % reduction == 0 and kernel_size % 2 == 1
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong(
    "CBAM",
    "Your block changes the maps that it is given. Whoever uses them afterwards gets the gated maps, and torch, which needs the old ones for the gradients, stops with an error. Make new maps.",
)
class CBAMInPlace(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x *= channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        x *= spatial_gate(x, self.conv.weight)
        return x


@wrong(
    "CBAM",
    "Without an argument your kernel is 3 wide. The authors take 7 × 7, which sees further, and so does the default here.",
)
class DefaultOfThree(nn.Module):
    def __init__(self, channels, reduction, kernel_size=3):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@wrong("CBAM", None, also=("InParallel", "BiasedConvolution"))
class ParallelAndBiased(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2)

    def forward(self, x):
        gates = channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * gates * torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1)))


@wrong("CBAM", None, also=("BiasedLayers", "BiasedConvolution"))
class AllBiased(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2)

    def forward(self, x):
        z = self.up(torch.relu(self.down(squeeze(x)))) + self.up(torch.relu(self.down(x.amax(dim=(2, 3)))))
        x = x * torch.sigmoid(z)[:, :, None, None]
        return x * torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1)))


@wrong("CBAM", None, also=("ReductionRounded", "EvenAccepted"))
class NothingChecked(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1)))


@wrong("CBAM", None, also=("InParallel", "EvenAccepted"))
class ParallelEvenAccepted(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        gates = channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * gates * torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1)))


@wrong("CBAM", None, also=("PlacesFirst", "EvenAccepted"))
class PlacesFirstEvenAccepted(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        x = x * torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], dim=1)))
        return x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]


@wrong("CBAM", None, also=("MaximumFirst", "EvenAccepted"))
class MaximumFirstEvenAccepted(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * torch.sigmoid(self.conv(torch.stack([x.amax(1), x.mean(1)], dim=1)))


@right("CBAM")
class WithTheGates(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction or kernel_size % 2 == 0:
            raise ValueError("sizes")
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, bias=False)

    def forward(self, x):
        x = x * channel_gate(x, self.down.weight, self.up.weight)[:, :, None, None]
        return x * spatial_gate(x, self.conv.weight)


@right("CBAM")
class EveryLayerByName(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        if channels % reduction != 0:
            raise ValueError("reduction")
        if not kernel_size % 2:
            raise ValueError("kernel_size")
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=(kernel_size - 1) // 2, bias=False)
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.relu, self.sigmoid = nn.ReLU(), nn.Sigmoid()

    def bottleneck(self, pooled):
        return self.up(self.relu(self.down(pooled.flatten(1))))

    def forward(self, x):
        mean, highest = nn.AdaptiveAvgPool2d(1)(x), nn.AdaptiveMaxPool2d(1)(x)
        scaled = x * self.sigmoid(self.bottleneck(mean) + self.bottleneck(highest))[..., None, None]
        maps = torch.cat([torch.mean(scaled, 1, keepdim=True), torch.max(scaled, 1, keepdim=True)[0]], 1)
        return scaled * self.sigmoid(self.conv(maps))


@right("CBAM")
class InFactors(nn.Module):
    def __init__(self, channels, reduction, kernel_size=7):
        super().__init__()
        width, rest = divmod(channels, reduction)
        if rest or kernel_size % 2 != 1:
            raise ValueError("sizes")
        self.down = nn.Linear(channels, width, bias=False)
        self.up = nn.Linear(width, channels, bias=False)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding="same", bias=False)

    def forward(self, x):
        flat = x.flatten(2)
        z = torch.stack([flat.mean(-1), flat.max(-1).values])
        what = self.up(self.down(z).clamp(min=0)).sum(0).sigmoid()
        scaled = torch.einsum("bc,bchw->bchw", what, x)
        where = self.conv(torch.stack([scaled.mean(1), scaled.amax(1)], 1)).sigmoid()
        return where.expand_as(x) * scaled


# ---------------------------------------------------------------- attend_regions


@probes("attend_regions")
def regions_probes(rng):
    def probe(b, c, h, w, d, a, dtype=np.float64):
        return Call(*_tensors(rng, (b, c, h, w), (b, d), (c, a), (d, a), (a,), dtype=dtype))

    large = _tensors(rng, (2, 3, 2, 4), (2, 5), (3, 2), (5, 2), (2,))
    large[-1] = 2000 * large[-1].abs()
    return [
        probe(2, 4, 3, 5, 6, 7),
        probe(3, 5, 4, 2, 3, 6),
        probe(3, 3, 3, 3, 3, 3),
        probe(4, 2, 2, 3, 5, 2),
        probe(2, 3, 4, 2, 2, 5, np.float32),
        Call(*large),
    ]


@wrong(
    "attend_regions",
    "Your reshape cuts the numbers anew: a row of it holds pieces of several channels at several places, and no region's features. The channels must move behind the places before anything is joined.",
)
def mixed_regions(features, hidden, W_f, W_h, v):
    b, c, height, width = features.shape
    regions = features.reshape(b, height * width, c)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "Your softmax runs along each row of the picture: every row gets a weight of 1 by itself. All regions compete for one attention.",
)
def softmax_of_each_row(features, hidden, W_f, W_h, v):
    regions = features.permute(0, 2, 3, 1)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None, None]) @ v
    alpha = torch.softmax(scores, dim=-1)
    return (alpha[..., None] * regions).sum(dim=(1, 2)), alpha


@wrong(
    "attend_regions",
    "Your softmax runs down each column of the picture: every column gets a weight of 1 by itself. All regions compete for one attention.",
)
def softmax_of_each_column(features, hidden, W_f, W_h, v):
    regions = features.permute(0, 2, 3, 1)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[..., None] * regions).sum(dim=(1, 2)), alpha


@wrong(
    "attend_regions",
    "Your softmax runs over the batch: the pictures compete with each other. The regions of one picture share a weight of 1.",
)
def regions_softmax_of_batch(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=0)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "There is no tanh. Without it the decoder's state adds the same number to every score, the softmax takes it out again, and the state decides nothing.",
)
def no_tanh(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = (regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "The decoder's state does not change your weights: it is left out, or added where the softmax takes it out again. It belongs inside the tanh, beside each region's features.",
)
def state_without_effect(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f) @ v + (torch.tanh(hidden @ W_h) @ v)[:, None]
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "You multiply features and state inside the tanh. Additive attention adds them; that is where its name comes from.",
)
def multiplied_inside(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh((regions @ W_f) * (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "Your weights are one long row. They are asked for as a map of the picture, (B, H, W), so that one can see where the decoder looks.",
)
def flat_alpha(features, hidden, W_f, W_h, v):
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha


@wrong(
    "attend_regions",
    "Rows and columns of your map of weights have changed places, though the context is right. The picture is stored row by row; when a row of regions becomes a map again, H comes first.",
)
def map_turned(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, width, height)


@wrong(
    "attend_regions",
    "You swapped the first axis of places with the last: your regions are listed column by column and laid out row by row. Heat then appears at the wrong place, although the context is right.",
)
def column_by_column(features, hidden, W_f, W_h, v):
    b, c, height, width = features.shape
    regions = features.transpose(1, 3).reshape(b, width * height, c)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "The weights come first in your tuple. The context comes first, then alpha.",
)
def alpha_first(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return alpha.reshape(b, height, width), (alpha[:, :, None] * regions).sum(1)


@wrong(
    "attend_regions",
    "You return the scores where the weights are asked for. Scores may be negative and add up to anything; alpha is their softmax.",
)
def scores_for_weights(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), scores.reshape(b, height, width)


@wrong(
    "attend_regions",
    "You average over the regions after weighting them. The weights add up to 1 already; another division makes the context too small by the number of regions.",
)
def averaged_again(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).mean(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "Your context is made of projected features, W_fᵀ f. W_f serves the comparison only; what the decoder reads are the features themselves.",
)
def projected_context(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2) @ W_f
    scores = torch.tanh(regions + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "A sigmoid makes your weights. That is a gate for each region, as in CBAM; a decoder that attends shares a weight of 1 out among all regions.",
)
def sigmoid_weights(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.sigmoid(scores)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "Large scores give NaN: exp overflows, and infinity divided by infinity is no number. Subtract the largest score first, or use torch's softmax, which does.",
)
def overflowing(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    raw = torch.exp(torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v)
    alpha = raw / raw.sum(1, keepdim=True)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "You take the one region with the highest score. That is hard attention, which has no gradient; soft attention returns an average with all weights.",
)
def hardest_region(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = nn.functional.one_hot(scores.argmax(1), height * width).to(features.dtype)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "You divide the scores by a root, as scaled dot products are. tanh keeps each term between −1 and 1, and v learns the scale; additive attention divides by nothing.",
)
def scaled_scores(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v / v.shape[0] ** 0.5
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "All pictures are asked with the first one's decoder state. Each picture has its own caption, and a state of its own.",
)
def state_of_the_first(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + hidden[0] @ W_h) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "Your context is a plain mean of all regions; the weights are computed and not used. Weight each region's features by its alpha.",
)
def plain_mean(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return regions.mean(1), alpha.reshape(b, height, width)


@wrong(
    "attend_regions",
    "You return the weighted maps, and the sum over the regions is missing. The decoder reads one vector, however large the picture.",
)
def weighted_maps(features, hidden, W_f, W_h, v):
    b, _, height, width = features.shape
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1).reshape(b, height, width)
    return features * alpha[:, None], alpha


@wrong("attend_regions", None, also=("mixed_regions", "flat_alpha"))
def mixed_and_flat(features, hidden, W_f, W_h, v):
    b, c, height, width = features.shape
    regions = features.reshape(b, height * width, c)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha


@wrong("attend_regions", None, also=("no_tanh", "flat_alpha"))
def no_tanh_and_flat(features, hidden, W_f, W_h, v):
    regions = features.flatten(2).transpose(1, 2)
    alpha = torch.softmax((regions @ W_f + (hidden @ W_h)[:, None]) @ v, dim=1)
    return (alpha[:, :, None] * regions).sum(1), alpha


@right("attend_regions")
def regions_with_einsum(features, hidden, W_f, W_h, v):
    inside = torch.einsum("bchw,ca->bhwa", features, W_f) + (hidden @ W_h)[:, None, None, :]
    scores = torch.einsum("bhwa,a->bhw", torch.tanh(inside), v)
    alpha = torch.softmax(scores.flatten(1), dim=-1).view_as(scores)
    return torch.einsum("bhw,bchw->bc", alpha, features), alpha


@right("attend_regions")
def channels_moved_last(features, hidden, W_f, W_h, v):
    b, c, height, width = features.shape
    regions = features.permute(0, 2, 3, 1).reshape(b, height * width, c)
    energy = torch.tanh(torch.matmul(regions, W_f) + torch.matmul(hidden, W_h).unsqueeze(1)).matmul(v)
    alpha = nn.functional.softmax(energy, -1)
    return torch.bmm(alpha.unsqueeze(1), regions).squeeze(1), alpha.view(b, height, width)


@right("attend_regions")
def by_hand_on_maps(features, hidden, W_f, W_h, v):
    inside = torch.tanh(features.movedim(1, -1) @ W_f + (hidden @ W_h)[:, None, None])
    scores = (inside * v).sum(-1)
    raw = torch.exp(scores - scores.amax(dim=(1, 2), keepdim=True))
    alpha = raw / raw.sum(dim=(1, 2), keepdim=True)
    return (features * alpha.unsqueeze(1)).sum(dim=(2, 3)), alpha


# ---------------------------------------------------------------- coverage_penalty


@probes("coverage_penalty")
def coverage_probes(rng):
    def weights(b, t, n, dtype=np.float64):
        return torch.from_numpy(rng.dirichlet(np.ones(n), size=(b, t)).astype(dtype))

    return [
        *(Call(weights(*sizes)) for sizes in ((2, 3, 5), (4, 6, 3), (3, 3, 3), (1, 2, 4), (5, 1, 6))),
        Call(weights(2, 4, 3, np.float32)),
    ]


@wrong(
    "coverage_penalty",
    "You add over the regions first. The weights of one word always add up to 1, so that your penalty is 0 whatever the decoder does; it is over the words that a region collects.",
)
def summed_over_regions(alphas):
    return ((1 - alphas.sum(dim=2)) ** 2).sum(dim=1).mean()


@wrong(
    "coverage_penalty",
    "You square before the words are added up: each word by itself would have to look at every region with weight 1. A region may collect its 1 over several words.",
)
def squared_word_by_word(alphas):
    return ((1 - alphas) ** 2).sum(dim=(1, 2)).mean()


@wrong(
    "coverage_penalty",
    "You average over the regions, too. The formula adds them up; the mean is over the pictures only.",
)
def mean_over_regions(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).mean()


@wrong(
    "coverage_penalty",
    "You add up over the pictures. Then the penalty grows with the batch; take their mean.",
)
def summed_over_batch(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).sum()


@wrong(
    "coverage_penalty",
    "You take the magnitude of the difference. The formula squares it, so that one region far off weighs more than many a little off.",
)
def magnitudes(alphas):
    return (1 - alphas.sum(dim=1)).abs().sum(dim=1).mean()


@wrong(
    "coverage_penalty",
    "A penalty for each picture comes back. A loss is one number: take the mean over the batch.",
)
def one_for_each_picture(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).sum(dim=1)


@wrong(
    "coverage_penalty",
    "You square what a region has received, without the 1. That asks the decoder to look nowhere twice; the formula asks for a total of 1 everywhere.",
)
def no_target(alphas):
    return (alphas.sum(dim=1) ** 2).sum(dim=1).mean()


@wrong(
    "coverage_penalty",
    "Your target is an even share of the words, T/L. It is more sensible than it sounds, since T words hand out T in all; but the formula of Xu and others asks each region to receive 1.",
)
def even_share(alphas):
    _, words, regions = alphas.shape
    return ((words / regions - alphas.sum(dim=1)) ** 2).sum(dim=1).mean()


@wrong(
    "coverage_penalty",
    "You square after adding up the regions: one that received too much then makes up for another that was never seen. Each region has a square of its own.",
)
def squared_at_the_end(alphas):
    return ((1 - alphas.sum(dim=1)).sum(dim=1) ** 2).mean()


@wrong(
    "coverage_penalty",
    "A Python number comes back. It is cut off from the weights, and a loss must lead back to them; return the tensor.",
)
def python_number(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).sum(dim=1).mean().item()


@wrong(
    "coverage_penalty",
    "You average over the words. A region collects weight from word to word, and should have received a total of 1.",
)
def mean_over_words(alphas):
    return ((1 - alphas.mean(dim=1)) ** 2).sum(dim=1).mean()


@wrong(
    "coverage_penalty",
    "You take a root of each picture's sum, which makes it a distance. The formula has the sum of squares itself.",
)
def distance(alphas):
    return (1 - alphas.sum(dim=1)).norm(dim=1).mean()


@wrong(
    "coverage_penalty",
    "Only regions that received too little count in your penalty. Those that received more than 1 are as far from the target.",
)
def too_little_only(alphas):
    return ((1 - alphas.sum(dim=1)).clamp(min=0) ** 2).sum(dim=1).mean()


@wrong(
    "coverage_penalty",
    "Only regions that received too much count in your penalty. What was never looked at is the very thing that it should notice.",
)
def too_much_only(alphas):
    return ((alphas.sum(dim=1) - 1).clamp(min=0) ** 2).sum(dim=1).mean()


@wrong(
    "coverage_penalty",
    "There is a ½ in your penalty that the formula does not have.",
)
def halved(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).sum(dim=1).mean() / 2


@wrong("coverage_penalty", None, also=("mean_over_regions", "magnitudes"))
def mean_magnitude(alphas):
    return (1 - alphas.sum(dim=1)).abs().mean()


@wrong("coverage_penalty", None, also=("summed_over_batch", "magnitudes"))
def summed_magnitudes(alphas):
    return (1 - alphas.sum(dim=1)).abs().sum()


@right("coverage_penalty")
def over_the_batch(alphas):
    return (alphas.sum(1) - 1).pow(2).sum() / len(alphas)


@right("coverage_penalty")
def with_einsum_of_words(alphas):
    missing = 1 - torch.einsum("btl->bl", alphas)
    return torch.einsum("bl,bl->b", missing, missing).mean()


@right("coverage_penalty")
def word_after_word(alphas):
    received = torch.zeros_like(alphas[:, 0])
    for t in range(alphas.shape[1]):
        received = received + alphas[:, t]
    return torch.mean(torch.sum(torch.square(torch.ones_like(received) - received), dim=-1))
