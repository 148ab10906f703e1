"""What people write for 06-channel-attention.  See ``autograder.bank`` for how an entry works.

The hint says what was misunderstood and what to think about, not what to type.
"""

import math

import numpy as np
import torch
from torch import nn

from autograder import assignment
from autograder.bank import Call, Module, probes, right, wrong

# An entry sees what a student's answer sees: what the assignment gives, and the exercises before it.
_given = assignment.load("06-channel-attention").namespace
squeeze, excite, eca_kernel_size = _given["squeeze"], _given["excite"], _given["eca_kernel_size"]
channel_gate, spatial_gate = _given["channel_gate"], _given["spatial_gate"]


def normal(rng, *shapes, dtype=torch.float64):
    """Tensors of normal numbers, one for each shape."""
    return [torch.from_numpy(rng.normal(size=shape)).to(dtype) for shape in shapes]


# ---------------------------------------------------------------- squeeze


@probes("squeeze")
def squeeze_probes(rng):
    shapes = (2, 3, 4, 5), (3, 3, 3, 3), (1, 2, 1, 4)
    return [Call(3 * x - 1) for x in normal(rng, *shapes)] + [
        Call(*normal(rng, (2, 4, 3, 2), dtype=torch.float32))
    ]


@wrong(
    "squeeze",
    "You pool the channels, and the places stay. It is the other way round here: each channel keeps one number, and rows and columns go.",
)
def pools_channels(x):
    return x.mean(dim=1)


@wrong(
    "squeeze",
    "Your mean runs over the pictures of the batch as well. Each picture is squeezed for itself: what else lies in the batch must not matter.",
)
def pools_batch(x):
    return x.mean(dim=(0, 2, 3))


@wrong(
    "squeeze",
    "You take the largest number of each map. That is the other pool, which CBAM adds in a later exercise; the squeeze is the mean.",
)
def maximum(x):
    return x.amax(dim=(2, 3))


@wrong(
    "squeeze",
    "You add a map up and do not divide. The number would then grow with the size of the picture, and the same texture in a larger one would open other gates.",
)
def total(x):
    return x.sum(dim=(2, 3))


@wrong(
    "squeeze",
    "The axes of length one are still there. They help where gates meet maps again; the squeeze itself is one row of C numbers for each picture.",
)
def axes_kept(x):
    return x.mean(dim=(2, 3), keepdim=True)


@wrong(
    "squeeze",
    "Each row of a map still has a number of its own. Both axes of the picture go, rows as well as columns.",
)
def along_rows_only(x):
    return x.mean(dim=3)


@wrong(
    "squeeze",
    "Each column of a map still has a number of its own. Both axes of the picture go, rows as well as columns.",
)
def along_columns_only(x):
    return x.mean(dim=2)


@wrong(
    "squeeze",
    "A single number is left of the whole batch. A mean without axes takes them all; which two are to go?",
)
def mean_of_everything(x):
    return x.mean()


@wrong(
    "squeeze",
    "One number is left for each picture, so that no channel can be told from another. The channels are what is to be weighed: keep their axis.",
)
def mean_of_a_picture(x):
    return x.mean(dim=(1, 2, 3))


@wrong(
    "squeeze",
    "You pool the channels and the rows, as if the channels came last. In torch the axes are batch, channel, row, column.",
)
def columns_kept(x):
    return x.mean(dim=(1, 2))


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
    "You take the number in the middle of each sorted map. A median does not notice a bright spot at all; the squeeze is the mean.",
)
def median(x):
    return x.flatten(2).median(dim=-1).values


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


@right("squeeze")
def squeeze_flattened(x):
    return x.flatten(2).mean(-1)


@right("squeeze")
def squeeze_in_two_steps(x):
    return x.mean(dim=3).mean(dim=2)


@right("squeeze")
def squeeze_pooled(x):
    return nn.functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]


@right("squeeze")
def squeeze_einsum(x):
    return torch.einsum("bchw->bc", x) / (x.shape[2] * x.shape[3])


# ---------------------------------------------------------------- excite


@probes("excite")
def excite_probes(rng):
    sizes = (3, 8, 2), (4, 4, 4), (1, 6, 3)
    large = 30 * torch.tensor([[1.0, -1.0]]), torch.eye(2), torch.tensor([[9.0, 0.0], [-9.0, 0.0]])
    return [Call(*normal(rng, (b, c), (hidden, c), (c, hidden))) for b, c, hidden in sizes] + [
        Call(*normal(rng, (2, 4), (2, 4), (4, 2), dtype=torch.float32)),
        Call(*large),
    ]


@wrong(
    "excite",
    "There is no ReLU between your two matrices. Then both together are a single matrix, and no gate can say “only where there is colour, too”.",
)
def no_relu(z, W_1, W_2):
    return torch.sigmoid(z @ W_1.T @ W_2.T)


@wrong(
    "excite",
    "No sigmoid comes last, so a gate can be negative or larger than 1. A gate says how far a channel is open: between not at all and fully.",
)
def no_sigmoid(z, W_1, W_2):
    return torch.relu(z @ W_1.T) @ W_2.T


@wrong(
    "excite",
    "There is a sigmoid in the bottleneck, where the ReLU belongs. Only the last step squashes; in between, what is negative becomes 0 and the rest stays as it is.",
)
def two_sigmoids(z, W_1, W_2):
    return torch.sigmoid(torch.sigmoid(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "ReLU and sigmoid have changed places. Which of the two keeps numbers between 0 and 1, as gates must be?",
)
def sigmoid_then_relu(z, W_1, W_2):
    return torch.relu(torch.sigmoid(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "Your gates are a softmax: they share out a total of 1, and one channel opens at the expense of the others. Here each is open or closed for itself.",
)
def softmax_gates(z, W_1, W_2):
    return torch.softmax(torch.relu(z @ W_1.T) @ W_2.T, dim=1)


@wrong(
    "excite",
    "A second ReLU stands before your sigmoid. Then no gate falls below ½, and a channel can never be closed.",
)
def two_relus(z, W_1, W_2):
    return torch.sigmoid(torch.relu(torch.relu(z @ W_1.T) @ W_2.T))


@wrong(
    "excite",
    "Your matrices have changed places: W_2 is used first, because it fits without a transpose. What fits need not be meant; W_1 narrows, and for rows of means it needs a transpose.",
)
def matrices_exchanged(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_2) @ W_1)


@wrong(
    "excite",
    "Your matrices are not transposed, so the product fits only where nothing is narrowed. The formula has z as a column; what is W z there, when z is a row?",
)
def not_transposed(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_1) @ W_2)


@wrong(
    "excite",
    "You multiply the means by their gates. The gates are asked for alone; what they scale is the maps, and that comes in the next exercise.",
)
def scaled_means(z, W_1, W_2):
    return z * torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "Your gates end in the bottleneck: W_2 is not used, and there are C/r of them. Each of the C channels needs one.",
)
def bottleneck_only(z, W_1, W_2):
    return torch.sigmoid(torch.relu(z @ W_1.T))


@wrong(
    "excite",
    "A tanh comes last in your function. It goes down to −1, and a gate of −1 turns a channel's sign round; a gate lies between 0 and 1.",
)
def tanh_gates(z, W_1, W_2):
    return torch.tanh(torch.relu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "A tanh stands in the bottleneck, where the ReLU belongs. The ReLU lets what is positive through as it is, however large.",
)
def tanh_between(z, W_1, W_2):
    return torch.sigmoid(torch.tanh(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "You add the means to what the matrices give. There is no way around the bottleneck here: what the gates know has gone through it.",
)
def with_a_shortcut(z, W_1, W_2):
    return torch.sigmoid(z + torch.relu(z @ W_1.T) @ W_2.T)


@wrong(
    "excite",
    "You cut the gates off at 0 and 1. Beyond the cut no gradient comes back, so a closed gate could never learn to open; the sigmoid is smooth.",
)
def cut_off(z, W_1, W_2):
    return (torch.relu(z @ W_1.T) @ W_2.T).clamp(0, 1)


@wrong(
    "excite",
    "Your sigmoid is written as eˣ / (1 + eˣ), which is ∞ / ∞ where x is large. Divide both by eˣ, or let torch do it.",
)
def sigmoid_overflows(z, W_1, W_2):
    raw = torch.exp(torch.relu(z @ W_1.T) @ W_2.T)
    return raw / (1 + raw)


@wrong(
    "excite",
    "Your softmax runs over the batch, so that the pictures compete for a channel. Each gate is for itself, and comes from a sigmoid.",
)
def softmax_over_batch(z, W_1, W_2):
    return torch.softmax(torch.relu(z @ W_1.T) @ W_2.T, dim=0)


@right("excite")
def excite_with_linear(z, W_1, W_2):
    return nn.functional.linear(nn.functional.linear(z, W_1).relu(), W_2).sigmoid()


@right("excite")
def excite_with_columns(z, W_1, W_2):
    return torch.sigmoid(W_2 @ (W_1 @ z.T).clamp(min=0)).T


@right("excite")
def excite_by_formula(z, W_1, W_2):
    hidden = torch.einsum("bc,hc->bh", z, W_1)
    hidden = torch.where(hidden > 0, hidden, torch.zeros_like(hidden))
    return 1 / (1 + torch.exp(-torch.einsum("bh,ch->bc", hidden, W_2)))


@right("excite")
def excite_picture_by_picture(z, W_1, W_2):
    return torch.stack([torch.sigmoid(W_2 @ torch.relu(W_1 @ one)) for one in z])


# ---------------------------------------------------------------- SEBlock


@probes("SEBlock")
def se_probes(rng):
    def probe(b, c, r, h, w):
        shapes = (b, c, h, w), (c // r, c), (c, c // r)
        x, down, up = normal(rng, *shapes, dtype=torch.float32)
        return Module((c, r), {"down.weight": down, "up.weight": up}, (2 * x + 0.3,))

    return [
        probe(2, 6, 2, 4, 5),
        probe(4, 4, 2, 4, 4),
        probe(1, 8, 4, 3, 2),
        probe(3, 9, 3, 2, 3),
        Module((6, 4), {}, (torch.ones(1, 6, 2, 3),)),
    ]


@wrong(
    "SEBlock",
    "Your layers have a bias. nn.Linear brings one unless told bias=False; the formula has matrices only.",
)
class SEWithBiases(nn.Module):
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
    "Nothing squashes your gates: a map can come back larger than it was, or with its sign turned round. A gate lies between 0 and 1.",
)
class SEWithoutSigmoid(nn.Module):
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
    "There is no ReLU between down and up. Two linear layers in a row are one, and the gates could not depend on channels together.",
)
class SEWithoutReLU(nn.Module):
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
    "Your means run over the batch, and all pictures get the same gates. A picture's gates come from that picture; a batch-mate must not change them.",
)
class SEPooledOverBatch(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction:
            raise ValueError
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        z = x.mean(dim=(0, 2, 3))
        gates = torch.sigmoid(self.up(torch.relu(self.down(z))))
        return x * gates[:, None, None]


@wrong(
    "SEBlock",
    "The gates come back alone. The block's last step scales: it returns maps of the shape it got, each times its gate.",
)
class SEGatesAlone(nn.Module):
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
    "You add x to the scaled maps. Then no channel can be closed, since its map comes through beside the gate; the sum belongs to a residual network around the block.",
)
class SEResidual(nn.Module):
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
    "You add the gates to the maps. Adding a number shifts a map and closes nothing; a gate of 0 must make the map 0.",
)
class SEGatesAdded(nn.Module):
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
    "A reduction that does not divide the channels passes without a word, rounded down. That is a mistake of the caller, who should hear of it.",
)
class SERoundedDown(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@wrong(
    "SEBlock",
    "Your block raises another error than a ValueError where the reduction does not divide the channels. An assert is for what can never happen, and python -O leaves it out.",
)
class SEAsserted(nn.Module):
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
    "You take the reduction for the width of the bottleneck. It says how many times narrower the bottleneck is than the channels.",
)
class SEReductionIsWidth(nn.Module):
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
    "You squeeze with the maximum. This block asks each channel for its mean; the maximum joins in CBAM.",
)
class SEOfMaxima(nn.Module):
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
    "Your gates are a softmax and share out a total of 1, so that many channels make every map faint. Each gate is a sigmoid for itself.",
)
class SESoftmax(nn.Module):
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


@right("SEBlock")
class SEWithFunctions(nn.Module):
    def __init__(self, channels, reduction):
        if channels % reduction:
            raise ValueError("no")
        super().__init__()
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.down = nn.Linear(channels, channels // reduction, bias=False)

    def forward(self, x):
        gates = excite(squeeze(x), self.down.weight, self.up.weight)
        return x * gates[:, :, None, None]


@right("SEBlock")
class SEWithPool(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        narrow, rest = divmod(channels, reduction)
        if rest != 0:
            raise ValueError("no")
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.down = nn.Linear(channels, narrow, bias=False)
        self.up = nn.Linear(narrow, channels, bias=False)

    def forward(self, x):
        b, c, _, _ = x.shape
        gates = self.up(nn.functional.relu(self.down(self.pool(x).view(b, c)))).sigmoid()
        return x * gates.view(b, c, 1, 1).expand_as(x)


@right("SEBlock")
class SEWithEinsum(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        if channels % reduction != 0:
            raise ValueError("no")
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.relu, self.sigmoid = nn.ReLU(), nn.Sigmoid()

    def forward(self, x):
        gates = self.sigmoid(self.up(self.relu(self.down(x.flatten(2).mean(-1)))))
        return torch.einsum("bchw,bc->bchw", x, gates)
