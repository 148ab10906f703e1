"""What people write for ``excite``."""

from autograder.answers.bank import Call, both, change, right, wrong
from autograder.misconceptions.making import tensors


def probes(rng):
    _, W_1, W_2 = tensors(rng, (2, 6), (3, 6), (6, 3))
    return [
        Call(*tensors(rng, (2, 6), (3, 6), (6, 3))),
        Call(*tensors(rng, (3, 8), (2, 8), (8, 2))),
        Call(*tensors(rng, (3, 3), (3, 3), (3, 3))),
        Call(*tensors(rng, (1, 4), (2, 4), (4, 2), dtype=np.float32)),
        Call(torch.full((2, 6), 2000.0, dtype=torch.float64), W_1.abs(), W_2),
    ]


no_sigmoid = wrong(
    "There is no sigmoid at the end: your numbers are not between 0 and 1. A gate is a share of what comes through, from nothing to all of it.",
    change("torch.sigmoid(hidden @ W_2.T)", "hidden @ W_2.T"),
)

no_relu = wrong(
    "Nothing stands between the two matrices. Without a nonlinearity W_2 W_1 is a single matrix of low rank, and no combination of channels can matter.",
    change("torch.relu(z @ W_1.T)", "z @ W_1.T"),
)

softmax_of_channels = wrong(
    "You use a softmax, so channels compete: where one opens, others must close. Several channels may matter at once; each gets a gate of its own between 0 and 1.",
    change("torch.sigmoid(hidden @ W_2.T)", "torch.softmax(torch.relu(z @ W_1.T) @ W_2.T, dim=-1)"),
)

sigmoid_twice = wrong(
    "Your bottleneck has a sigmoid. It belongs to the end, where gates are made; between the matrices stands a ReLU, which can be silent.",
    change("torch.relu", "torch.sigmoid"),
)

swapped_activations = wrong(
    "ReLU and sigmoid have changed places. What comes last decides the range: a ReLU lets gates grow without limit.",
    change("torch.sigmoid(hidden @ W_2.T)", "torch.relu(torch.sigmoid(z @ W_1.T) @ W_2.T)"),
)

matrices_swapped = wrong(
    "You use W_2 first and W_1 second, and the shapes allow it. W_1 goes down to the bottleneck and W_2 up again: read the shapes in the formula, where z is a column.",
    change("hidden @ W_2.T", "torch.relu(z @ W_2) @ W_1"),
)

reshaped_matrices = wrong(
    "The shapes fit because you reshape the matrices. A reshape cuts the numbers anew; what turns rows into columns is a transposition.",
    change("hidden @ W_2.T", "torch.relu(z @ W_1.reshape(W_1.shape[::-1])) @ W_2.reshape(W_2.shape[::-1])"),
)

tanh_gates = wrong(
    "A tanh makes your gates. Its numbers lie between −1 and 1: a gate of −1 would turn a map into its negative. Which function has the range of a share?",
    change("torch.sigmoid", "torch.tanh"),
)

relu_behind_both = wrong(
    "Your ReLU stands behind the second matrix. There it makes every gate ½ or more, so that no channel can be closed; it belongs into the bottleneck.",
    change("hidden @ W_2.T", "torch.relu(z @ W_1.T @ W_2.T)"),
)

means_scaled = wrong(
    "You multiply the gates by the means. It is the maps that are scaled, and that comes later; here only the gates are asked for.",
    change("return torch", "return z * torch"),
)

residual_means = wrong(
    "You add the means inside the sigmoid, as a residual connection would. The bottleneck alone makes the gates.",
    change("hidden @ W_2.T", "z + hidden @ W_2.T"),
)

hard_sigmoid = wrong(
    "Your squashing is piecewise linear: it is 0 or 1 from some point on, where no gradient is left. The formula has the sigmoid itself.",
    change("torch.sigmoid", "nn.functional.hardsigmoid"),
)

gelu_between = wrong(
    "Your bottleneck has a GELU, which lets a little of what is negative through. The formula has max(0, ·).",
    change("torch.relu", "nn.functional.gelu"),
)

softmax_of_batch = wrong(
    "Your softmax runs over the batch, so that pictures share the gates out among them. A gate is made for one picture, with a sigmoid.",
    change("torch.sigmoid(hidden @ W_2.T)", "torch.softmax(torch.relu(z @ W_1.T) @ W_2.T, dim=0)"),
)

overflowing_sigmoid = wrong(
    "Your gates are NaN where the numbers before them are large: e^x / (1 + e^x) becomes infinity divided by infinity. The same sigmoid can be written so that it does not overflow, and torch has it.",
    change("torch.relu(z @ W_1.T)", "torch.exp(torch.relu(z @ W_1.T) @ W_2.T)"),
    change("torch.sigmoid(hidden @ W_2.T)", "hidden / (1 + hidden)"),
)

two_relus = wrong(
    "A second ReLU stands before your sigmoid. Then no gate falls below ½, and a channel can never be closed.",
    change("hidden @ W_2.T", "torch.relu(hidden @ W_2.T)"),
)

not_transposed = wrong(
    "Your matrices are not transposed, so the product fits only where nothing is narrowed. The formula has z as a column; what is W z there, when z is a row?",
    change("hidden @ W_2.T", "torch.relu(z @ W_1) @ W_2"),
)

bottleneck_only = wrong(
    "Your gates end in the bottleneck: W_2 is not used, and there are C/r of them. Each of the C channels needs one.",
    change("hidden @ W_2.T", "hidden"),
)

tanh_between = wrong(
    "A tanh stands in the bottleneck, where the ReLU belongs. The ReLU lets what is positive through as it is, however large.",
    change("torch.relu", "torch.tanh"),
)

cut_off = wrong(
    "You cut the gates off at 0 and 1. Beyond the cut no gradient comes back, so a closed gate could never learn to open; the sigmoid is smooth.",
    change("torch.sigmoid(hidden @ W_2.T)", "(hidden @ W_2.T).clamp(0, 1)"),
)

taken_as_columns = wrong(
    "You follow the formula letter by letter, with z as a column. Here each *row* of z is a picture: the product fits only where there are as many pictures as channels, and then mixes pictures. What is W z for a row?",
    change("hidden @ W_2.T", "W_2 @ torch.relu(W_1 @ z)"),
)

two_matrices_only = both(no_relu, no_sigmoid)


@both(no_relu, softmax_of_channels)
def softmax_without_relu(z, W_1, W_2):
    return torch.softmax(z @ W_1.T @ W_2.T, dim=-1)


with_linear = right(
    change("torch.relu(z @ W_1.T)", "nn.functional.relu(nn.functional.linear(z, W_1))"),
    change("torch.sigmoid(hidden @ W_2.T)", "nn.functional.linear(hidden, W_2).sigmoid()"),
)


@right()
def with_columns(z, W_1, W_2):
    return torch.sigmoid(W_2 @ (W_1 @ z.T).clamp(min=0)).T


@right()
def with_einsum(z, W_1, W_2):
    hidden = torch.einsum("bc,hc->bh", z, W_1)
    hidden = torch.maximum(hidden, torch.zeros_like(hidden))
    return 1 / (1 + torch.exp(-torch.einsum("bh,ch->bc", hidden, W_2)))
