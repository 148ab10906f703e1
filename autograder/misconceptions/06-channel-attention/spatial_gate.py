"""What people write for ``spatial_gate``."""

from autograder.answers.bank import Call, both, change, right, wrong
from autograder.misconceptions.making import tensors


def probes(rng):
    return [
        Call(*tensors(rng, (2, 4, 5, 6), (1, 2, 3, 3))),
        Call(*tensors(rng, (3, 5, 6, 4), (1, 2, 5, 5))),
        Call(*tensors(rng, (3, 3, 3, 3), (1, 2, 3, 3))),
        Call(*tensors(rng, (2, 3, 2, 4), (1, 2, 1, 1))),
        Call(*tensors(rng, (1, 4, 5, 3), (1, 2, 3, 3), dtype=np.float32)),
        Call(*tensors(rng, (2, 3, 5, 4), (1, 2, 2, 2)), raises=ValueError),
    ]


places_pooled = wrong(
    "You pool height and width: nothing is left that could say where. A gate for places pools the channels.",
    change(
        "torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)",
        "torch.stack([x.mean((2, 3)), x.amax((2, 3))], dim=1)[..., None]",
    ),
)

maximum_first = wrong(
    "The maximum comes first in your stack of two maps. The kernel's first half is for the mean, its second for the maximum.",
    change("x.mean", "x.amax"),
    change("x.amax", "x.mean"),
)

mean_map_only = wrong(
    "Only the mean over the channels counts in your gate. One channel that shouts among many silent ones is seen by the maximum.",
    change("pools, kernel", "x.mean(1, keepdim=True), kernel[:, :1]"),
)

maximum_map_only = wrong(
    "Only the maximum over the channels counts in your gate. How many channels are active at a place is what the mean tells.",
    change("pools, kernel", "x.amax(1, keepdim=True), kernel[:, 1:]"),
)

not_padded = wrong(
    "Your map of gates is smaller than the picture: a kernel loses k//2 at each border unless something stands beyond it. There should be zeros.",
    change("kernel, padding=k // 2", "kernel"),
)

map_without_sigmoid = wrong(
    "There is no sigmoid at the end: your numbers are not between 0 and 1. A gate is a share of what comes through.",
    change(
        "torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))",
        "nn.functional.conv2d(pools, kernel, padding=k // 2)",
    ),
)


@wrong(
    "You use a softmax over the places, so that they compete and each gets very little. CBAM opens or closes each place by itself."
)
def softmax_of_places(x, kernel):
    k = kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    scores = nn.functional.conv2d(pools, kernel, padding=k // 2)
    return torch.softmax(scores.flatten(2), dim=-1).reshape(scores.shape)


@wrong(
    "You accept an even kernel, and the map becomes larger than the picture. It has no middle to stand on a place; say so with a ValueError."
)
def even_accepted(x, kernel):
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))


@wrong(
    "You accept an even kernel and pad it unevenly. The size of the map is right and everything is moved by half a place; a ValueError is due."
)
def even_padded_same(x, kernel):
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    low, high = (kernel.shape[-1] - 1) // 2, kernel.shape[-1] // 2  # as padding="same", without its warning
    return torch.sigmoid(nn.functional.conv2d(nn.functional.pad(pools, (low, high) * 2), kernel))


axis_lost = wrong(
    "Your map has lost its axis of channels. With one channel, (B, 1, H, W), it multiplies all maps of a picture by broadcasting; (B, H, W) would meet the wrong axes.",
    change("conv2d(pools, kernel, padding=k // 2))", "conv2d(pools, kernel, padding=k // 2))[:, 0]"),
)

maps_already_scaled = wrong(
    "The maps come back, already multiplied. This function makes the gates only; who multiplies comes in exercise 8.",
    change("return torch", "return x * torch"),
)

kernel_flipped = wrong(
    "You flip the kernel, as mathematics does with a convolution. torch's convolution does not: the kernel lies on the window as it is written.",
    change("pools, kernel", "pools, kernel.flip(-1, -2)"),
)

kernel_transposed = wrong(
    "Rows and columns of your kernel have changed places. Where the kernel is not symmetric, it looks sideways instead of up.",
    change("pools, kernel", "pools, kernel.transpose(-1, -2)"),
)

borders_repeated = wrong(
    "Beyond the border of your picture its outermost numbers are repeated. There should be zeros.",
    change("return", 'pools = nn.functional.pad(pools, (k // 2,) * 4, mode="replicate")\nreturn'),
    change("kernel, padding=k // 2", "kernel"),
)

one_map_for_all = wrong(
    "Your pools run over the batch, too: all pictures get one map. Where to look is a question about one picture.",
    change(
        "conv2d(pools, kernel, padding=k // 2))",
        "conv2d(torch.stack([x.mean((0, 1)), x.amax((0, 1))])[None], kernel, padding=k // 2)).expand(len(x), -1, -1, -1)",
    ),
)

channels_summed = wrong(
    "You add the channels up. A sum grows with their number, a mean does not.", change("x.mean", "x.sum")
)

two_gates_multiplied = wrong(
    "You make a gate of each pool and multiply the two. One kernel reads both maps, and one sigmoid makes the gate.",
    change(
        "return",
        "first, second = (torch.sigmoid(nn.functional.conv2d(pool, kernel[:, i : i + 1], padding=k // 2)) for i, pool in enumerate((x.mean(1, keepdim=True), x.amax(1, keepdim=True))))\n"
        "return",
    ),
    change("torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))", "first * second"),
)


@wrong(
    "Your function raises another error than a ValueError for an even kernel. An assert is for what can never happen, and python -O leaves it out."
)
def even_asserted(x, kernel):
    k = kernel.shape[-1]
    assert k % 2 == 1
    pools = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=k // 2))


pools_places = wrong(
    "You pool the places, and the channels stay. A gate for each place is asked for: there the channels are what is pooled.",
    change(
        "torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)",
        "torch.stack([x.mean((2, 3)), x.amax((2, 3))], dim=1)[:, :, None]",
    ),
)


@wrong(
    "Your padding is 3 whatever the kernel. That fits the authors' 7 × 7; how far does a kernel of k reach to each side?"
)
def padding_of_three(x, kernel):
    if kernel.shape[-1] % 2 == 0:
        raise ValueError
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=3))


map_by_map = wrong(
    "Each of your two maps has a sigmoid of its own, and the gates are added. Both maps go into one sum: add, then squash.",
    change(
        "conv2d(pools, kernel, padding=k // 2))",
        "conv2d(x.mean(1, keepdim=True), kernel[:, :1], padding=k // 2)) + torch.sigmoid(nn.functional.conv2d(x.amax(1, keepdim=True), kernel[:, 1:], padding=k // 2))",
    ),
)


@both(maximum_first, even_accepted)
def maximum_first_even_accepted(x, kernel):
    pools = torch.stack([x.amax(dim=1), x.mean(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))


@both(map_without_sigmoid, even_accepted)
def no_sigmoid_even_accepted(x, kernel):
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2)


@both(padding_of_three, even_accepted)
def padding_of_three_even_accepted(x, kernel):
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=3))


@both(axis_lost, even_accepted)
def axis_lost_even_accepted(x, kernel):
    pools = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)
    return torch.sigmoid(nn.functional.conv2d(pools, kernel, padding=kernel.shape[-1] // 2))[:, 0]


@right()
def with_stack_and_same(x, kernel):
    if kernel.shape[-1] % 2 != 1:
        raise ValueError("even")
    pools = torch.stack([x.mean(1), x.max(1).values], dim=1)
    return nn.functional.conv2d(pools, kernel, padding="same").sigmoid()


@right()
def each_map_by_itself(x, kernel):
    *_, k = kernel.shape
    if not k % 2:
        raise ValueError("even")
    mean = nn.functional.conv2d(x.mean(1, keepdim=True), kernel[:, 0:1], padding=k // 2)
    highest = nn.functional.conv2d(torch.amax(x, 1, True), kernel[:, 1:2], padding=k // 2)
    return torch.sigmoid(mean + highest)


@right()
def by_windows(x, kernel):
    b, _, h, w = x.shape
    k = kernel.shape[2]
    if k // 2 * 2 == k:
        raise ValueError("even")
    pools = torch.stack([x.mean(1), x.amax(1)], dim=1)
    windows = nn.functional.unfold(pools, k, padding=k // 2)
    return torch.sigmoid(kernel.flatten() @ windows).reshape(b, 1, h, w)
