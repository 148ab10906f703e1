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


# ---------------------------------------------------------------- eca_kernel_size


@probes("eca_kernel_size")
def kernel_size_probes(rng):
    defaults = [Call(channels) for channels in (1, 3, 16, 64, 100, 128, 256, 512, 4096)]
    others = (64, 1, 0), (48, 3, 4), (320, 1.5, -3), (24, 0.7, 2), (8, 2, -9), (100, 1, 1), (6, -2, 1)
    return defaults + [Call(*args) for args in others]


@wrong(
    "eca_kernel_size",
    "Some of your kernels are even. An even kernel has no middle, so it cannot stand on its own channel; go up to the next odd number.",
)
def even_kept(channels, gamma=2, b=1):
    return int(abs((math.log2(channels) + b) / gamma))


@wrong(
    "eca_kernel_size",
    "You round t. From 3.5 that gives 4, which is even, and then 5, although 3 is nearer; cut first.",
)
def rounded(channels, gamma=2, b=1):
    t = round(abs((math.log2(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You round t up. Cutting drops what stands behind the point; together with the step to the next odd number yours goes up twice.",
)
def rounded_up(channels, gamma=2, b=1):
    t = math.ceil(abs((math.log2(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Your logarithm is the natural one. Channels come in powers of two, and the formula counts how often they double.",
)
def natural_logarithm(channels, gamma=2, b=1):
    t = int(abs((math.log(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Your logarithm has base ten. Channels come in powers of two, and the formula counts how often they double.",
)
def base_ten(channels, gamma=2, b=1):
    t = int(abs((math.log10(channels) + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "There is no logarithm in your function: k grows in step with the channels. Of twice as many channels the kernel should hear only a little more.",
)
def no_logarithm(channels, gamma=2, b=1):
    t = int(abs((channels + b) / gamma))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Where the cut number is even you go down by one, and for few channels below zero. The rule takes the next one up.",
)
def even_goes_down(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + b) / gamma))
    return t if t % 2 else t - 1


@wrong(
    "eca_kernel_size",
    "You return a float. A kernel's size counts numbers, and nn.Conv1d takes nothing but an int.",
)
def a_float(channels, gamma=2, b=1):
    t = abs((math.log2(channels) + b) / gamma) // 1
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You leave out the magnitude. With a negative b, or a negative gamma, your k is negative.",
)
def no_magnitude(channels, gamma=2, b=1):
    t = int((math.log2(channels) + b) / gamma)
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "gamma and b have changed places in your formula. One is added to the logarithm, and the sum is divided by the other.",
)
def roles_exchanged(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + gamma) / (b or 1)))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "You add b after the division. In the formula the whole sum of logarithm and b is divided.",
)
def b_outside(channels, gamma=2, b=1):
    t = int(abs(math.log2(channels) / gamma + b))
    return t if t % 2 else t + 1


@wrong(
    "eca_kernel_size",
    "Your function does not listen to gamma and b: it always takes 2 and 1. These are only what they are where nobody says otherwise.",
)
def defaults_only(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + 1) / 2))
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
    "You multiply by gamma. It stands below the line: the larger gamma, the smaller the kernel.",
)
def times_gamma(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + b) * gamma))
    return t if t % 2 else t + 1


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


@wrong(
    "eca_kernel_size",
    "Your kernel is never shorter than 3. For few channels the formula gives 1, and a channel hears only itself.",
)
def at_least_three(channels, gamma=2, b=1):
    t = int(abs((math.log2(channels) + b) / gamma))
    return max(t if t % 2 else t + 1, 3)


@right("eca_kernel_size")
def nearest_odd(channels, gamma=2, b=1):
    return 2 * int(abs((math.log2(channels) + b) / gamma) / 2) + 1


@right("eca_kernel_size")
def last_bit_set(channels, gamma=2, b=1):
    return math.floor(abs(math.log2(channels) + b) / abs(gamma)) | 1


@right("eca_kernel_size")
def with_numpy(channels, gamma=2, b=1):
    t = int(np.abs((np.log2(channels) + b) / gamma))
    if t % 2 == 0:
        t += 1
    return t


# ---------------------------------------------------------------- ECABlock


@probes("ECABlock")
def eca_probes(rng):
    def probe(b, c, h, w, k, *more):
        x, kernel = normal(rng, (b, c, h, w), (1, 1, k), dtype=torch.float32)
        return Module((c, *more), {"kernel.weight": kernel}, (2 * x + 0.3,))

    return [
        probe(2, 16, 4, 5, 3),
        probe(3, 6, 2, 4, 5, 1, 3),
        probe(3, 3, 3, 3, 3, 1, 1),
        probe(5, 4, 3, 2, 1),
    ]


@wrong(
    "ECABlock",
    "Your convolution has a bias. nn.Conv1d brings one unless told bias=False; the kernel's k numbers are all there is to learn.",
)
class ECAWithBias(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your convolution has no padding, so there are fewer gates than channels. Beyond the ends of the row stand zeros: how many, for a kernel of k?",
)
class ECAWithoutPadding(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Conv1d(1, 1, eca_kernel_size(channels, gamma, b), bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your layer is dense: every channel hears all, and the parameters grow with C². One small kernel that slides along the channels is the whole point.",
)
class ECADense(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Linear(channels, channels, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)))[:, :, None, None]


@wrong(
    "ECABlock",
    "Your convolution has C channels in and out, so it mixes all of them. To Conv1d the row of means is *one* signal, whose length is C.",
)
class ECAChannelsAsChannels(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(channels, channels, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, :, None]))
        return x * gates[..., None]


@wrong(
    "ECABlock",
    "Each of your channels has a kernel of its own and hears only itself. One kernel serves all channels, and slides from one to the next.",
)
class ECADepthwise(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(channels, channels, k, padding=k // 2, groups=channels, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, :, None]))
        return x * gates[..., None]


@wrong(
    "ECABlock",
    "Nothing squashes your gates: a map can come back larger than it was, or with its sign turned round. A gate lies between 0 and 1.",
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
    "You squeeze with the maximum. This block asks each channel for its mean, as SEBlock does.",
)
class ECAOfMaxima(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(x.amax(dim=(2, 3))[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your row of channels is a ring: the first hears the last. Beyond the ends stand zeros.",
)
class ECACircular(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, padding_mode="circular", bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Beyond the ends of the row you repeat the last mean. There stand zeros: no channel is there to be heard.",
)
class ECAReplicated(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, padding_mode="replicate", bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your kernel runs along the batch, so that a channel hears the same channel of other pictures. The pictures are the batch; the signal is the row of C means.",
)
class ECAAlongBatch(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x).T[:, None])[:, 0]).T
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "Your kernel always has 3 numbers. Its length comes from eca_kernel_size, and grows slowly with the channels.",
)
class ECAAlwaysThree(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "gamma and b never reach eca_kernel_size, so that your block has the same kernel whatever is asked for.",
)
class ECADefaultsOnly(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        return x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "The gates come back alone. The block's last step scales: it returns maps of the shape it got, each times its gate.",
)
class ECAGatesAlone(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])


@wrong(
    "ECABlock",
    "You add x to the scaled maps. Then no channel can be closed, since its map comes through beside the gate.",
)
class ECAResidual(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x)[:, None])[:, 0])
        return x + x * gates[:, :, None, None]


@wrong(
    "ECABlock",
    "A ReLU stands before your sigmoid. Then no gate falls below ½, and a channel can never be closed; ECA has no ReLU.",
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


@right("ECABlock")
class ECAWithUnsqueeze(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        size = eca_kernel_size(channels, gamma=gamma, b=b)
        self.kernel = nn.Conv1d(1, 1, kernel_size=size, padding=(size - 1) // 2, bias=False)

    def forward(self, x):
        y = nn.functional.adaptive_avg_pool2d(x, 1)
        y = self.kernel(y.squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        return x * y.sigmoid().expand_as(x)


@right("ECABlock")
class ECASamePadding(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.kernel = nn.Conv1d(1, 1, eca_kernel_size(channels, gamma, b), padding="same", bias=False)

    def forward(self, x):
        gates = torch.sigmoid(self.kernel(squeeze(x).unsqueeze(1))).squeeze(1)
        return torch.einsum("bchw,bc->bchw", x, gates)


@right("ECABlock")
class ECAWithUnfold(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.half = eca_kernel_size(channels, gamma, b) // 2
        self.kernel = nn.Conv1d(1, 1, 2 * self.half + 1, bias=False)

    def forward(self, x):
        row = nn.functional.pad(x.mean(dim=(2, 3)), (self.half, self.half))
        windows = row.unfold(1, 2 * self.half + 1, 1)
        return x * torch.sigmoid(windows @ self.kernel.weight[0, 0])[:, :, None, None]


# ---------------------------------------------------------------- channel_gate


@probes("channel_gate")
def channel_probes(rng):
    def probe(b, c, hidden, h, w, dtype=torch.float64):
        x, W_1, W_2 = normal(rng, (b, c, h, w), (hidden, c), (c, hidden), dtype=dtype)
        return Call(x - 0.3, W_1, W_2)

    return [
        probe(3, 8, 2, 4, 5),
        probe(4, 4, 4, 4, 4),
        probe(1, 6, 3, 2, 3),
        probe(2, 6, 2, 3, 4, torch.float32),
    ]


@wrong(
    "channel_gate",
    "Your gate reads the mean alone. A mean forgets a small bright spot in a large dark map; the maximum has its say, too.",
)
def mean_alone(x, W_1, W_2):
    return torch.sigmoid(torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T)


@wrong(
    "channel_gate",
    "Your gate reads the maximum alone. A maximum does not tell one bright spot from a map that is bright all over; the mean has its say, too.",
)
def maximum_alone(x, W_1, W_2):
    return torch.sigmoid(torch.relu(x.amax(dim=(2, 3)) @ W_1.T) @ W_2.T)


@wrong(
    "channel_gate",
    "Each of your pools has a sigmoid of its own, and the gates are added. Their sum reaches 2; add first, squash once.",
)
def sigmoids_added(x, W_1, W_2):
    mean = torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T
    highest = torch.relu(x.amax(dim=(2, 3)) @ W_1.T) @ W_2.T
    return torch.sigmoid(mean) + torch.sigmoid(highest)


@wrong(
    "channel_gate",
    "You add mean and maximum before the matrices. Then a low mean can cancel a high maximum in the ReLU; each goes through by itself.",
)
def pools_added_first(x, W_1, W_2):
    return torch.sigmoid(torch.relu((x.mean(dim=(2, 3)) + x.amax(dim=(2, 3))) @ W_1.T) @ W_2.T)


@wrong(
    "channel_gate",
    "Each of your pools has a sigmoid of its own, and the gates are multiplied. Both together have one gate: add, then squash.",
)
def sigmoids_multiplied(x, W_1, W_2):
    mean = torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T
    highest = torch.relu(x.amax(dim=(2, 3)) @ W_1.T) @ W_2.T
    return torch.sigmoid(mean) * torch.sigmoid(highest)


@wrong(
    "channel_gate",
    "Inside your sigmoid stands the mean of the two parts, half of what is asked for. They are added.",
)
def halved(x, W_1, W_2):
    mean = torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T
    highest = torch.relu(x.amax(dim=(2, 3)) @ W_1.T) @ W_2.T
    return torch.sigmoid((mean + highest) / 2)


@wrong(
    "channel_gate",
    "Inside your sigmoid stands the larger of the two parts. Both count: they are added.",
)
def larger_part(x, W_1, W_2):
    mean = torch.relu(x.mean(dim=(2, 3)) @ W_1.T) @ W_2.T
    highest = torch.relu(x.amax(dim=(2, 3)) @ W_1.T) @ W_2.T
    return torch.sigmoid(torch.maximum(mean, highest))


@wrong(
    "channel_gate",
    "There is no ReLU between your two matrices. Then both together are one matrix, and it makes no difference any more that the pools go through separately.",
)
def gate_without_relu(x, W_1, W_2):
    return torch.sigmoid(squeeze(x) @ W_1.T @ W_2.T + x.amax(dim=(2, 3)) @ W_1.T @ W_2.T)


@wrong(
    "channel_gate",
    "No sigmoid comes last, so a gate can be negative or larger than 1. A gate says how far a channel is open.",
)
def gate_without_sigmoid(x, W_1, W_2):
    mean, highest = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return (torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)) @ W_2.T


@wrong(
    "channel_gate",
    "The scaled maps come back. This function is asked for the gates alone, one number for each channel.",
)
def maps_scaled(x, W_1, W_2):
    mean, highest = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    hidden = torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)
    return x * torch.sigmoid(hidden @ W_2.T)[:, :, None, None]


@wrong(
    "channel_gate",
    "Your gates have two axes of length one behind them. They will be needed where gates meet maps; here (B, C) is asked for.",
)
def gate_axes_kept(x, W_1, W_2):
    mean, highest = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    hidden = torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)
    return torch.sigmoid(hidden @ W_2.T)[:, :, None, None]


@wrong(
    "channel_gate",
    "You take the largest magnitude of each map. A deep dark spot is not a bright one; the maximum keeps the sign.",
)
def largest_magnitude(x, W_1, W_2):
    mean, highest = x.mean(dim=(2, 3)), x.abs().amax(dim=(2, 3))
    return torch.sigmoid((torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)) @ W_2.T)


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
    "Your gates are a softmax and share out a total of 1, so one channel opens at the expense of the others. Each is a sigmoid for itself.",
)
def gate_softmax(x, W_1, W_2):
    mean, highest = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.softmax((torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)) @ W_2.T, dim=1)


@wrong(
    "channel_gate",
    "Your maximum runs over the pictures of the batch as well. What else lies in the batch must not matter to a picture's gates.",
)
def maximum_of_batch(x, W_1, W_2):
    mean, highest = x.mean(dim=(2, 3)), x.amax(dim=(0, 2, 3))
    return torch.sigmoid((torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)) @ W_2.T)


@wrong(
    "channel_gate",
    "Your first pool is a sum: it grows with the size of the map. The mean is asked for.",
)
def sum_and_maximum(x, W_1, W_2):
    total, highest = x.sum(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.sigmoid((torch.relu(total @ W_1.T) + torch.relu(highest @ W_1.T)) @ W_2.T)


@right("channel_gate")
def gate_part_by_part(x, W_1, W_2):
    def part(pool):
        return torch.relu(pool @ W_1.T) @ W_2.T

    flat = x.flatten(2)
    return torch.sigmoid(part(flat.mean(-1)) + part(flat.max(dim=-1).values))


@right("channel_gate")
def gate_stacked(x, W_1, W_2):
    pools = torch.stack([squeeze(x), x.amax(dim=(2, 3))])
    return (torch.relu(pools @ W_1.T) @ W_2.T).sum(dim=0).sigmoid()


@right("channel_gate")
def gate_with_pools(x, W_1, W_2):
    total = 0
    for pool in (nn.functional.adaptive_avg_pool2d, nn.functional.adaptive_max_pool2d):
        total = total + nn.functional.linear(nn.functional.linear(pool(x, 1).flatten(1), W_1).relu(), W_2)
    return 1 / (1 + torch.exp(-total))


# ---------------------------------------------------------------- spatial_gate


@probes("spatial_gate")
def spatial_probes(rng):
    def probe(b, c, h, w, k, dtype=torch.float64):
        x, kernel = normal(rng, (b, c, h, w), (1, 2, k, k), dtype=dtype)
        return Call(2 * x - 0.5, kernel / k)

    return [
        probe(2, 4, 5, 6, 3),
        probe(3, 3, 3, 3, 3),
        probe(1, 3, 4, 2, 1),
        probe(2, 3, 4, 5, 5, torch.float32),
        probe(2, 3, 5, 4, 2),
    ]


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
    "Your maps have changed places: the maximum stands first. kernel[:, 0] is for the mean, and the shapes cannot tell.",
)
def maximum_first(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.amax(dim=1), x.mean(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "No sigmoid comes last, so a gate can be negative or larger than 1. A gate says how far a place is open.",
)
def places_without_sigmoid(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return nn.functional.conv2d(pools, kernel, padding=k // 2)


@wrong(
    "spatial_gate",
    "Your convolution has no padding, and the map has lost its border. Every place needs a gate: around the map stand zeros.",
)
def places_without_padding(x, kernel):
    if kernel.shape[-1] % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel))


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
    "Your gate reads the mean alone. Where one channel shouts and the others are silent, the mean hardly notices; the maximum is the kernel's second map.",
)
def mean_map_alone(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    return torch.sigmoid(nn.functional.conv2d(x.mean(dim=1, keepdim=True), kernel[:, :1], padding=k // 2))


@wrong(
    "spatial_gate",
    "Your gate reads the maximum alone. The mean over the channels is the kernel's first map.",
)
def maximum_map_alone(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    return torch.sigmoid(nn.functional.conv2d(x.amax(dim=1, keepdim=True), kernel[:, 1:], padding=k // 2))


@wrong(
    "spatial_gate",
    "Your kernel is flipped, as mathematicians do. Torch's convolution lays it on as it is: kernel[…, 0, 0] reads the neighbour above on the left.",
)
def kernel_flipped(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel.flip(-1, -2), padding=k // 2))


@wrong(
    "spatial_gate",
    "Your kernel lies on its side: its rows run along the columns of the map. The first of its two last axes goes with H.",
)
def kernel_transposed(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel.transpose(-1, -2), padding=k // 2))


@wrong(
    "spatial_gate",
    "An even kernel passes without a word, and the map comes out one too large. It has no middle: the caller should hear of it.",
)
def even_accepted(x, kernel):
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))


@wrong(
    "spatial_gate",
    "Your function raises another error than a ValueError for an even kernel. An assert is for what can never happen, and python -O leaves it out.",
)
def even_asserted(x, kernel):
    k = kernel.shape[-1]
    assert k % 2 == 1
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "The scaled maps come back. This function is asked for the gates alone, one number for each place.",
)
def places_scaled(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return x * torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


@wrong(
    "spatial_gate",
    "Your gates have lost the axis of length one. It stands where the channels were, so that one gate serves all channels at its place.",
)
def gate_axis_lost(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))[:, 0]


@wrong(
    "spatial_gate",
    "Beyond the border your map repeats its edge. There stand zeros: nothing was seen there.",
)
def edge_repeated(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    pools = nn.functional.pad(pools, (k // 2,) * 4, mode="replicate")
    return torch.sigmoid(nn.functional.conv2d(pools, kernel))


@wrong(
    "spatial_gate",
    "Your first map is the sum over the channels. It grows with their number; the mean is asked for.",
)
def sum_map(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.sum(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


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


@wrong(
    "spatial_gate",
    "Your gates are a softmax over the places and share out a total of 1. That is attention over regions; here each place is open or closed for itself.",
)
def softmax_over_places(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    scores = nn.functional.conv2d(pools, kernel, padding=k // 2)
    return torch.softmax(scores.flatten(1), dim=1).view_as(scores)


@right("spatial_gate")
def places_stacked(x, kernel):
    if kernel.shape[-1] % 2 != 1:
        raise ValueError("no")
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return nn.functional.conv2d(pools, kernel, padding="same").sigmoid()


@right("spatial_gate")
def places_part_by_part(x, kernel):
    half, rest = divmod(kernel.shape[2], 2)
    if not rest:
        raise ValueError("no")
    mean, highest = x.mean(1, keepdim=True), x.max(1, keepdim=True).values
    mean = nn.functional.conv2d(mean, kernel[:, 0:1], padding=half)
    return torch.sigmoid(mean + nn.functional.conv2d(highest, kernel[:, 1:2], padding=half))


@right("spatial_gate")
def places_with_unfold(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError("no")
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    windows = nn.functional.unfold(pools, k, padding=k // 2)
    scores = torch.einsum("i,bil->bl", kernel.flatten(), windows)
    return torch.sigmoid(scores).reshape(x.shape[0], 1, *x.shape[2:])
