"""What people write for ``CBAM``."""

from autograder.answers.bank import Layer, both, change, right, wrong
from autograder.misconceptions.making import parameters, tensors


def probes(rng):
    def probe(b, c, r, h, w, *size):
        k = size[0] if size else 7
        shapes = {"down.weight": (c // r, c), "up.weight": (c, c // r), "conv.weight": (1, 2, k, k)}
        x = tensors(rng, (b, c, h, w), dtype=np.float32)
        return Layer((c, r, *size), parameters(rng, shapes), (*x,))

    return [
        probe(2, 6, 3, 4, 5, 3),
        probe(3, 8, 2, 5, 2, 5),
        probe(3, 3, 1, 3, 3, 3),
        probe(2, 4, 2, 3, 5),
        probe(4, 6, 2, 2, 3, 1),
        Layer((6, 4, 3), {}, (torch.ones(2, 6, 3, 5),), raises=ValueError),
        Layer((6, 3, 4), {}, (torch.ones(2, 6, 3, 5),), raises=ValueError),
    ]


@wrong(
    "Your block opens places first and channels second. The channel gates come first: the map of places is made from what they let through."
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


InParallel = wrong(
    "Your two gates stand side by side: both look at x. The map of places should be made from the maps that the channel gates have scaled.",
    change("x = x * torch.sigmoid(self.up(hidden))[:, :, None, None]", ""),
    change("return x", "return x * torch.sigmoid(self.up(hidden))[:, :, None, None]"),
)

ChannelGatesLost = wrong(
    "The map of places multiplies x, and the channel gates are lost on the way. It multiplies what they have scaled.",
    change("x = x * torch", "scaled = x * torch"),
    change("x.mean(dim=1, keepdim=True)", "scaled.mean(dim=1, keepdim=True)"),
    change("x.amax(dim=1, keepdim=True)", "scaled.amax(dim=1, keepdim=True)"),
)

GatesSummed = wrong(
    "You add the two gates before you multiply. Then a closed channel still passes through an open place; multiplied one after the other, either can close.",
    change("x = x * torch.sigmoid(self.up(hidden))[:, :, None, None]", ""),
    change(
        "torch.sigmoid(self.conv(pools))",
        "(torch.sigmoid(self.up(hidden))[:, :, None, None] + torch.sigmoid(self.conv(pools)))",
    ),
)

ChannelMeanOnly = wrong(
    "Your channel gates know the mean only. CBAM asks the maximum as well, through the same two layers.",
    change(" + torch.relu(self.down(highest))", ""),
)

PoolsSummedFirst = wrong(
    "Mean and maximum are added before they pass the layers. Each has its own way through the ReLU; the sum comes after.",
    change("down(mean)) + torch.relu(self.down(highest))", "down(mean + highest))"),
)

BiasedLayers = wrong(
    "Your two linear layers have a bias. Here they are matrices only, as in SEBlock.",
    change(
        "self.down = nn.Linear(channels, channels // reduction, bias=False)",
        "self.down = nn.Linear(channels, channels // reduction)",
    ),
    change(
        "self.up = nn.Linear(channels // reduction, channels, bias=False)",
        "self.up = nn.Linear(channels // reduction, channels)",
    ),
    change(
        "hidden = torch.relu(self.down(mean)) + torch.relu(self.down(highest))",
        "mean, highest = torch.relu(self.down(mean)), torch.relu(self.down(highest))",
    ),
    change("self.up(hidden)", "self.up(mean) + self.up(highest)"),
)

BiasedConvolution = wrong(
    "Your convolution has a bias: nn.Conv2d brings one unless told otherwise. Here it is a kernel only, and where nothing is in its window the gate is ½.",
    change("kernel_size // 2, bias=False", "kernel_size // 2"),
)

ChannelsNotSquashed = wrong(
    "Your channel factors pass no sigmoid: they are not between 0 and 1. Each of the two gates has a sigmoid of its own.",
    change("torch.sigmoid(self.up(hidden))", "self.up(hidden)"),
)

PlacesNotSquashed = wrong(
    "Your map of places passes no sigmoid: its factors are not between 0 and 1. Each of the two gates has a sigmoid of its own.",
    change("torch.sigmoid(self.conv(pools))", "self.conv(pools)"),
)

CBAMWithResidual = wrong(
    "You add x to the gated maps. In a residual network the sum stands outside the block; with it inside, nothing can be closed.",
    change("x = x * torch", "scaled = x * torch"),
    change(
        "x * torch.sigmoid(self.conv(pools))",
        "x + scaled * torch.sigmoid(self.conv(torch.cat([scaled.mean(1, keepdim=True), scaled.amax(1, keepdim=True)], dim=1)))",
    ),
)


@wrong("Your kernel is 7 wide whatever the caller asks. The number is a default; kernel_size decides.")
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


MaximumFirst = wrong(
    "The maximum comes first in the two maps that your convolution reads. The mean is its first channel, the maximum its second.",
    change("torch.sigmoid(self.conv(pools))", "spatial_gate(x, self.conv.weight.flip(1))"),
)

ChannelsOnly = wrong(
    "The convolution is not used in forward: your block opens channels only. The second half asks where.",
    change("x = x * torch.sigmoid(self.up(hidden))[:, :, None, None]", ""),
    change("conv(pools))", "up(hidden))[:, :, None, None]"),
)

ReductionRounded = wrong(
    "Where the reduction does not divide the channels you round without a word. That is a mistake of the caller, who should hear of it by a ValueError.",
    change("if channels % reduction:", "if False:"),
    change("nn.Linear(channels, channels // reduction", "nn.Linear(channels, max(1, channels // reduction)"),
    change("nn.Linear(channels // reduction", "nn.Linear(max(1, channels // reduction)"),
)

EvenAccepted = wrong(
    "Your constructor accepts an even kernel, and the block fails, or moves everything by half a place, when it is used. Say so with a ValueError as soon as the block is made.",
    change("kernel_size % 2 == 0", "False"),
)


@wrong(
    "Your constructor accepts an even kernel, and a forward with uneven padding hides it. It has no middle; say so with a ValueError as soon as the block is made."
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


ConvolutionOfAllChannels = wrong(
    "Your convolution reads all channels of x. It reads two maps only, the mean and the maximum over the channels, and so costs the same whatever their number.",
    change("2, 1", "channels, 1"),
)

TwoBottlenecks = wrong(
    "Mean and maximum have layers of their own in your block. CBAM's bottleneck is shared: one pair of matrices serves both.",
    change(
        "self.conv =",
        "self.down_max = nn.Linear(channels, channels // reduction, bias=False)\n"
        "self.up_max = nn.Linear(channels // reduction, channels, bias=False)\n"
        "self.conv =",
    ),
    change(
        "hidden = torch.relu(self.down(mean)) + torch.relu(self.down(highest))",
        "mean, highest = torch.relu(self.down(mean)), torch.relu(self.down_max(highest))",
    ),
    change("self.up(hidden)", "self.up(mean) + self.up_max(highest)"),
)


@wrong(
    "A batch normalisation stands behind your convolution, as in the authors' published code. It ties the pictures of a batch together; the paper's formula, and this exercise, have none."
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


CBAMAsserted = wrong(
    "Your constructor raises another error than a ValueError where sizes do not fit. An assert is for what can never happen, and python -O leaves it out.",
    change('ValueError(f"a reduction', 'AssertionError(f"a reduction'),
    change('ValueError(f"an even', 'AssertionError(f"an even'),
)


@wrong(
    "Your block changes the maps that it is given. Whoever uses them afterwards gets the gated maps, and torch, which needs the old ones for the gradients, stops with an error. Make new maps."
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


DefaultOfThree = wrong(
    "Without an argument your kernel is 3 wide. The authors take 7 × 7, which sees further, and so does the default here.",
    change("kernel_size=7", "kernel_size=3"),
)

ParallelAndBiased = both(InParallel, BiasedConvolution)

AllBiased = both(BiasedLayers, BiasedConvolution)

NothingChecked = both(ReductionRounded, EvenAccepted)

ParallelEvenAccepted = both(InParallel, EvenAccepted)


@both(PlacesFirst, EvenAccepted)
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


MaximumFirstEvenAccepted = both(
    MaximumFirst,
    EvenAccepted,
    change("kernel_size % 2 == 0", "False"),
    change("self.conv(pools)", "self.conv(torch.stack([x.amax(1), x.mean(1)], dim=1))"),
)


@right()
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


@right()
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


@right()
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
