"""What people write for ``SEBlock``."""

from autograder.answers.bank import Layer, again, both, change, right, wrong
from autograder.misconceptions.making import parameters, tensors


def probes(rng):
    def probe(b, c, r, h, w):
        shapes = {"down.weight": (c // r, c), "up.weight": (c, c // r)}
        return Layer((c, r), parameters(rng, shapes), (*tensors(rng, (b, c, h, w), dtype=np.float32),))

    return [
        probe(2, 6, 3, 4, 5),
        probe(3, 8, 2, 5, 2),
        probe(4, 4, 1, 4, 4),
        Layer((6, 4), {}, (torch.ones(2, 6, 3, 5),), raises=ValueError),
    ]


WithBiases = wrong(
    "Your layers have a bias. nn.Linear brings one unless told otherwise; here the two are matrices only.",
    change("// reduction, bias=False", "// reduction"),
    change("channels, bias=False", "channels"),
)

OneWithBias = wrong(
    "One of your layers has a bias. nn.Linear brings one unless told bias=False, in each line anew; here both are matrices only.",
    change("// reduction, bias=False", "// reduction"),
)

BiasedUp = again(OneWithBias, change("channels, bias=False", "channels"))


WithoutSigmoid = wrong(
    "There is no sigmoid: your factors are not between 0 and 1, and may turn a map into its negative. A gate is a share of what comes through.",
    change("torch.sigmoid(self.up(torch.relu(self.down(z))))", "self.up(torch.relu(self.down(z)))"),
)

WithoutReLU = wrong(
    "Nothing stands between your two layers. Without a nonlinearity they are one matrix of low rank.",
    change("torch.relu(self.down(z))", "self.down(z)"),
)

PooledOverBatch = wrong(
    "Your means run over the batch, so what stands beside a picture changes its gates. The gate of a channel is for one picture.",
    change("x.mean(dim=(2, 3))", "x.mean((0, 2, 3))[None]"),
)

SqueezedByMaximum = wrong(
    "You squeeze by the maximum. That is one of CBAM's two pools; squeeze-and-excitation takes the mean.",
    change("x.mean", "x.amax"),
)

GatesAdded = wrong(
    "You add the gates to the maps. Adding shifts a map and closes nothing; a gate lets a share of the map through.",
    change("return x * gates", "return x + gates"),
)

WithResidual = wrong(
    "You add x to the gated maps. In a residual network the sum stands outside the block; with it inside, no channel can be closed.",
    change("return x * gates", "return x + x * gates"),
)

GatesOnly = wrong(
    "Only the gates come back. The third step is missing: each map is multiplied by its gate, so that the block fits behind any convolution.",
    change("x * gates[:, :, None, None]", "gates"),
)

GatesAsMaps = again(GatesOnly, change("x * gates[:, :, None, None]", "gates[:, :, None, None]"))


Rounded = wrong(
    "Where the reduction does not divide the channels you round without a word. That is a mistake of the caller, who should hear of it.",
    change("channels % reduction", "False"),
)

ReductionIsTheWidth = wrong(
    "Your bottleneck is as wide as the reduction. The reduction is the factor by which the channels are fewer there.",
    change(" channels // reduction", " reduction"),
    change("channels // reduction, channels", "reduction, channels"),
)

NoBottleneck = wrong(
    "Your block has no bottleneck: both layers are C wide. The reduction is what keeps the block cheap, 2C²/r numbers instead of 2C².",
    change(" // reduction, bias", ", bias"),
    change(" // reduction, channels", ", channels"),
)

Asserted = wrong(
    "Your constructor raises another error than a ValueError where the reduction does not divide. An assert is for what can never happen, and python -O leaves it out.",
    change(
        "if channels % reduction:\n"
        '    raise ValueError(f"a reduction of {reduction} does not divide {channels} channels")',
        "assert channels % reduction == 0",
    ),
)

SoftmaxGates = wrong(
    "You use a softmax over the channels, so that they compete and the more there are, the weaker each becomes. A gate is each channel's own.",
    change("torch.sigmoid", "torch.softmax"),
    change("relu(self.down(z)))", "relu(self.down(z))), dim=1"),
)


@wrong(
    "Your layers have other names than down and up, for instance because they stand in an nn.Sequential. Names are how a trained state is found again."
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


MadeInForward = wrong(
    "Your layers are made in forward, new and random at each call, and the block has no parameters to train. Layers are made once, in __init__.",
    change(
        "self.down = nn.Linear(channels, channels // reduction, bias=False)",
        "(self.channels, self.reduction) = channels, reduction",
    ),
    change("self.up = nn.Linear(channels // reduction, channels, bias=False)", ""),
    change(
        "torch.sigmoid(self.up(torch.relu(self.down(z))))",
        "excite(z, nn.Linear(self.channels, self.channels // self.reduction, bias=False).weight, nn.Linear(self.channels // self.reduction, self.channels, bias=False).weight)",
    ),
)

SETwoReLUs = wrong(
    "A second ReLU stands before your sigmoid. Then no gate falls below ½, and a channel can never be closed.",
    change("self.up(torch.relu(self.down(z)))", "torch.relu(self.up(torch.relu(self.down(z))))"),
)

SEDetached = wrong(
    "The gates are computed without a way back for gradients, so down and up can never learn which channels matter.",
    change(
        "z = x.mean(dim=(2, 3))\ngates = torch.sigmoid(self.up(torch.relu(self.down(z))))",
        "with torch.no_grad():\n    gates = torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))",
    ),
)

SEGatesOnColumns = wrong(
    "Your gates meet the columns of a map instead of its channel; where C = W nothing complains. Axes line up from the right: how many must stand behind C?",
    change("[:, :, None, None]", "[:, None, None, :]"),
)

SEConvolutions = wrong(
    "Your layers are 1 × 1 convolutions. They compute the same, and their weights have two axes too many for the linear layers that were asked for.",
    change(
        "nn.Linear(channels, channels // reduction, bias=False)",
        "nn.Conv2d(channels, channels // reduction, 1, bias=False)",
    ),
    change(
        "nn.Linear(channels // reduction, channels, bias=False)",
        "nn.Conv2d(channels // reduction, channels, 1, bias=False)",
    ),
)

BiasedAndRounded = both(WithBiases, Rounded)

BiasedWithoutSigmoid = both(WithBiases, WithoutSigmoid)


@both(InASequential, Rounded)
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


BiasedOverBatch = both(WithBiases, PooledOverBatch)


@right()
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


@right()
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


@right()
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
