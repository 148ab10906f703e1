"""What people write for ``channel_gate``."""

from autograder.answers.bank import Call, both, change, right, wrong
from autograder.misconceptions.making import tensors


def probes(rng):
    return [
        Call(*tensors(rng, (2, 6, 4, 5), (3, 6), (6, 3))),
        Call(*tensors(rng, (3, 8, 5, 2), (2, 8), (8, 2))),
        Call(*tensors(rng, (3, 3, 3, 3), (3, 3), (3, 3))),
        Call(*tensors(rng, (4, 5, 2, 3), (5, 5), (5, 5))),
        Call(*tensors(rng, (1, 4, 3, 2), (2, 4), (4, 2), dtype=np.float32)),
    ]


mean_only = wrong(
    "Only the mean counts in your gate. A small bright spot hardly moves the mean of a large map; that is what the maximum is for.",
    change(" + torch.relu(highest @ W_1.T)", ""),
)

maximum_only = wrong(
    "Only the maximum counts in your gate. It knows the strongest place and nothing of the rest; the mean tells how much there is.",
    change("torch.relu(mean @ W_1.T) + ", ""),
)


@wrong(
    "You squash twice and add two gates: the sum may reach 2. The two pools are added inside, and one sigmoid makes the gate."
)
def two_sigmoids(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return sum(torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T) for z in pools)


@wrong("You make two gates and average them. The two pools are added inside, and one sigmoid makes the gate.")
def gates_averaged(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return sum(torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T) for z in pools) / 2


@wrong(
    "You make two gates and multiply them. Then a channel is open only where both say so; in CBAM what one pool says can make up for the other, inside the sigmoid."
)
def gates_multiplied(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    first, second = (torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T) for z in pools)
    return first * second


pools_added_first = wrong(
    "You add the pools first and send their sum through the matrices. The ReLU makes this another thing: what is negative in the mean then takes away from the maximum. Each pool has its own way through.",
    change("torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)", "torch.relu((mean + highest) @ W_1.T)"),
)

averaged_pools = wrong(
    "You add the two before the ReLU. Each pool passes its own ReLU; only behind it, or behind W_2, may they be added.",
    change(
        "torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)", "torch.relu((mean + highest) / 2 @ W_1.T)"
    ),
)


@wrong("Nothing stands between the two matrices. Without a ReLU they are a single matrix of low rank.")
def gate_without_relu(x, W_1, W_2):
    return torch.sigmoid((x.mean(dim=(2, 3)) + x.amax(dim=(2, 3))) @ W_1.T @ W_2.T)


half_the_sum = wrong(
    "You average what the two pools give. The formula adds it: half as much inside the sigmoid gives gates nearer to ½.",
    change("hidden @ W_2.T", "hidden @ W_2.T / 2"),
)

gate_without_sigmoid = wrong(
    "There is no sigmoid at the end: your numbers are not between 0 and 1. A gate is a share of what comes through.",
    change("torch.sigmoid(hidden @ W_2.T)", "hidden @ W_2.T"),
)

maximum_of_rows_averaged = wrong(
    "Your maximum is taken along the rows, and then averaged. The maximum of a map is one place's, the highest of all.",
    change("x.amax(dim=(2, 3))", "x.amax(dim=3).mean(dim=2)"),
)

maximum_over_batch = wrong(
    "Your maximum runs over the batch, too: a bright picture opens the gates of those beside it. Both pools are of one picture's map.",
    change("x.amax(dim=(2, 3))", "x.amax(dim=(0, 2, 3))[None]"),
)


@wrong(
    "You use a softmax, so channels compete: where one opens, others must close. Each gets a gate of its own between 0 and 1."
)
def gate_by_softmax(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.softmax(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools), dim=1)


largest_magnitude = wrong(
    "You take the largest magnitude instead of the maximum. Something strongly negative then counts as something bright.",
    change("x.amax(", "x.abs().amax("),
)

already_scaled = wrong(
    "The maps come back, already multiplied. This function makes the gates only; who multiplies comes in exercise 8.",
    change("torch.sigmoid(hidden @ W_2.T)", "x * torch.sigmoid(hidden @ W_2.T)[:, :, None, None]"),
)


@wrong("Of the two, you take the larger. CBAM adds what mean and maximum give, so that both always count.")
def larger_of_both(x, W_1, W_2):
    first, second = (torch.relu(z @ W_1.T) @ W_2.T for z in (x.mean(dim=(2, 3)), x.amax(dim=(2, 3))))
    return torch.sigmoid(torch.maximum(first, second))


@wrong("Your gates are right and two axes of length one are left over. The shape asked for is (B, C).")
def gate_with_axes(x, W_1, W_2):
    pools = x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
    return torch.sigmoid(sum(torch.relu(z @ W_1.T) @ W_2.T for z in pools))[:, :, None, None]


gate_with_two_relus = wrong(
    "A second ReLU stands behind W_2. Then no gate falls below ½, and a channel can never be closed.",
    change(
        "torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)",
        "sum(torch.relu(torch.relu(z @ W_1.T) @ W_2.T) for z in (mean, highest))",
    ),
    change("hidden @ W_2.T", "hidden"),
)

sum_and_maximum = wrong(
    "Your first pool is a sum: it grows with the size of the map. The mean is asked for.",
    change("x.mean", "x.sum"),
)

mean_without_sigmoid = both(mean_only, gate_without_sigmoid)

half_without_relu = both(
    gate_without_relu,
    half_the_sum,
    change("torch.relu(mean @ W_1.T) + torch.relu(highest @ W_1.T)", "(mean + highest) / 2 @ W_1.T"),
)


@right()
def each_by_itself(x, W_1, W_2):
    flat = x.flatten(2)
    total = 0
    for pooled in (flat.mean(dim=-1), flat.max(dim=-1).values):
        total = total + nn.functional.linear(torch.relu(nn.functional.linear(pooled, W_1)), W_2)
    return total.sigmoid()


@right()
def both_in_one_batch(x, W_1, W_2):
    z = torch.cat([x.mean(dim=(-1, -2)), x.max(-1).values.max(-1).values])
    mean, highest = ((z @ W_1.T).clamp(min=0) @ W_2.T).chunk(2)
    return torch.sigmoid(mean + highest)


@right()
def with_torch_pools(x, W_1, W_2):
    mean = nn.functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]
    highest = nn.functional.adaptive_max_pool2d(x, 1)[:, :, 0, 0]
    hidden = torch.stack([mean, highest]) @ W_1.mT
    return 1 / (1 + torch.exp(-(torch.relu(hidden) @ W_2.mT).sum(0)))
