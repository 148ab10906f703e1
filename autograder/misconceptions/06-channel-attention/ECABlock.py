"""What people write for ``ECABlock``."""

from autograder.answers.bank import Layer, both, change, right, wrong
from autograder.misconceptions.making import parameters, tensors


def probes(rng):
    def probe(init, k, b, h, w):
        x = tensors(rng, (b, init[0], h, w), dtype=np.float32)
        return Layer(init, parameters(rng, {"kernel.weight": (1, 1, k)}), (*x,))

    return [
        probe((9,), 3, 2, 4, 5),
        probe((6, 1, 3), 5, 3, 5, 2),
        probe((3, 1, 1), 3, 3, 3, 3),
        probe((16, 2, 1), 3, 1, 2, 3),
        probe((2,), 1, 4, 3, 1),
        probe((10, 0.5, 0), 7, 2, 3, 2),
    ]


Dense = wrong(
    "A dense layer makes your gates: C² numbers, which grow with the channels. ECA has one short kernel that slides along them.",
    change("nn.Conv1d(1, 1, k, padding=k // 2, bias=False)", "nn.Linear(channels, channels, bias=False)"),
)

KernelWithBias = wrong(
    "Your kernel has a bias. nn.Conv1d brings one unless told otherwise; here it is k numbers and nothing else.",
    change("// 2, bias=False", "// 2"),
)

NoPadding = wrong(
    "Your row of gates is shorter than the row of channels: a kernel loses k//2 at each end unless something stands beyond them. There should be zeros.",
    change("k, padding=k // 2", "eca_kernel_size(channels, gamma, b)"),
)

Ring = wrong(
    "Your row of channels is a ring: the first hears the last. Beyond the ends stand zeros.",
    change("False", 'False, padding_mode="circular"'),
)

EndsRepeated = wrong(
    "Beyond the ends of the row you repeat the outermost means. There should be zeros.",
    change("False", 'False, padding_mode="replicate"'),
)


@wrong(
    "Every channel has a kernel of its own: the number of parameters grows with the channels. One kernel serves all of them; to it, channels are places along a signal."
)
class KernelForEach(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(channels, channels, k, padding=k // 2, groups=channels, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.kernel(squeeze(x)[:, :, None]))[..., None]


ChannelsAsChannels = wrong(
    "Your kernel mixes all channels: it has C of them in and C out. To it the row of means is one signal, and the channels are its length.",
    change("1, 1, k", "channels, channels, k"),
    change("self.kernel(z[:, None])[:, 0]", "self.kernel(z[:, :, None])"),
    change("[:, :, None, None]", "[..., None]"),
)

AlongTheBatch = wrong(
    "Your kernel runs along the batch: a picture's gates depend on the pictures beside it. The neighbours are neighbouring channels.",
    change("self.kernel(z[:, None])[:, 0]", "self.kernel(z.T[:, None])[:, 0].T"),
)


@wrong("There is no sigmoid: your factors are not between 0 and 1. A gate is a share of what comes through.")
class ECAWithoutSigmoid(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x):
        return x * self.kernel(squeeze(x)[:, None])[:, 0, :, None, None]


ECASoftmax = wrong(
    "You use a softmax over the channels, so that they compete. Several may be open at once; each has a gate of its own.",
    change("return x * gates", "return x * torch.softmax(self.kernel(x.mean((2, 3))[:, None])[:, 0], dim=1)"),
)

ThreeLong = wrong(
    "Your kernel is 3 long whatever the channels are. Its length comes from their number, by exercise 4.",
    change("1, k, padding=k // 2", "1, 3, padding=1"),
)

GammaNotHandedOn = wrong(
    "Your block does not hand gamma and b on to eca_kernel_size: its kernel has the default length whatever the caller asks.",
    change(", gamma, b", ""),
)

ECAByMaximum = wrong(
    "You squeeze by the maximum. That is one of CBAM's two pools; ECA takes the mean.",
    change("x.mean", "x.amax"),
)

ECAWithResidual = wrong(
    "You add x to the gated maps. With the sum inside the block no channel can be closed; in a residual network it stands outside.",
    change("return x * gates", "return x + x * gates"),
)

ECAWithReLU = wrong(
    "A ReLU stands before your sigmoid. It makes every gate ½ or more, so that no channel can be closed; ECA has no bottleneck and needs no ReLU.",
    change("self.kernel(z[:, None])[:, 0]", "torch.relu(self.kernel(z[:, None])[:, 0])"),
)

Flipped = wrong(
    "Your kernel is applied from right to left. Mathematics flips a kernel, torch does not: the first of its numbers belongs to the left neighbour.",
    change("self.kernel(z[:, None])[:, 0]", "self.kernel(z.flip(1)[:, None])[:, 0].flip(1)"),
)

OverPlaces = wrong(
    "Your kernel runs over rows and columns of the picture: that is a gate for places, as in exercise 7. ECA's runs over the channels' means.",
    change("nn.Conv1d", "nn.Conv2d"),
    change("z = x.mean(dim=(2, 3))\ngates = torch.sigmoid(self.kernel(z[:, None])[:, 0])", ""),
    change("gates[:, :, None, None]", "torch.sigmoid(self.kernel(x.mean(1, keepdim=True)))"),
)

ECAGatesOnly = wrong(
    "Only the gates come back. The maps must still be multiplied by them, so that the block fits behind any convolution.",
    change("x * gates[:, :, None, None]", "gates"),
)

ECADetached = wrong(
    "The gates are computed without a way back for gradients, so the kernel can never learn whom to hear.",
    change("kernel(z[:, None])[:, 0])", "kernel(x.mean((2, 3))[:, None])[:, 0]).detach()"),
)

ECAOneSided = wrong(
    "All zeros stand on one side of your row, so a channel hears only those before it. That is for time, where the future is unknown; channels have neighbours on both sides.",
    change("k = eca_kernel_size", "self.k = eca_kernel_size"),
    change("k, padding=k // 2", "self.k"),
    change("z[:, None]", "nn.functional.pad(z[:, None], (self.k - 1, 0))"),
)

OtherName = wrong(
    "Your convolution has another name than kernel. Names are how a trained state is found again; the computation is right.",
    change("kernel = nn", "conv = nn"),
    change("self.kernel(z[:, None])", "self.conv(z[:, None])"),
)

ThreeLongWithBias = both(KernelWithBias, ThreeLong, change("k, padding=k // 2, bias=False", "3, padding=1"))


@right()
class ByTransposing(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        k = eca_kernel_size(channels, gamma, b)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.kernel = nn.Conv1d(1, 1, kernel_size=k, padding=(k - 1) // 2, bias=False)

    def forward(self, x):
        y = self.kernel(self.pool(x).squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        return x * y.sigmoid().expand_as(x)


@right()
class PaddedSame(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        t = int(abs((math.log2(channels) + b) / gamma))
        self.kernel = nn.Conv1d(1, 1, t | 1, padding="same", bias=False)

    def forward(self, x):
        gates = self.kernel(x.mean((2, 3)).unsqueeze(1)).squeeze(1).sigmoid()
        return torch.einsum("bchw,bc->bchw", x, gates)


@right()
class WindowByWindow(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.k = eca_kernel_size(channels, gamma, b)
        self.kernel = nn.Conv1d(1, 1, self.k, bias=False)

    def forward(self, x):
        row = nn.functional.pad(x.flatten(2).mean(-1), (self.k // 2, self.k // 2))
        mixed = row.unfold(1, self.k, 1) @ self.kernel.weight[0, 0]
        return torch.sigmoid(mixed)[..., None, None] * x
