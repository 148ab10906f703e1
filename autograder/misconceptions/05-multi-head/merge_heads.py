"""What people write for ``merge_heads``."""

from autograder.answers.bank import Call, change, right, wrong


def probes(rng):
    return [
        Call(rng.normal(size=(2, 4, 3, 5))),
        Call(rng.normal(size=(3, 3, 3, 3))),
        Call(rng.normal(size=(1, 2, 4, 3)).astype(np.float32)),
    ]


merged_by_reshape = wrong(
    "The shape is right and the contents are mixed: a reshape joins axes that stand next to each other, and between heads and features stand the positions. Move them out of the way first.",
    change("x.swapaxes(1, 2)", "x"),
)

merge_interleaved = wrong(
    "Feature 0 of all heads comes first in your result, then feature 1 of all. Each head's features stay together.",
    change("x.swapaxes(1, 2)", "x.transpose(0, 2, 3, 1)"),
)

averaged = wrong(
    "Your heads are averaged. Then one head's answer blurs the other's, and nothing can tell them apart again; put them side by side.",
    change("x.swapaxes(1, 2).reshape(b, n, h * width)", "x.mean(1)"),
)

summed = wrong(
    "Your heads are added up. A sum mixes what each has found, before W_o can weigh it; put them side by side.",
    change("x.swapaxes(1, 2).reshape(b, n, h * width)", "x.sum(1)"),
)

stacked_in_positions = wrong(
    "Your heads stand one below the other, h·n positions long. It is the features that they share; every position gets back all of them.",
    change("x.swapaxes(1, 2).reshape(b, n, h * width)", "x.reshape(b, h * n, width)"),
)

only_swapped = wrong(
    "Positions stand before heads now, and both axes are still there. One step is missing: the heads' features join in a single axis.",
    change(".reshape(b, n, h * width)", ""),
)

features_before_positions = wrong(
    "Your result has the features before the positions. It goes back into layers that expect (B, n, features).",
    change("n, h * width)", "n, h * width).swapaxes(1, 2)"),
)


@wrong("Only head 0 comes back. The others have looked elsewhere, and what they found is lost.")
def first_head_only(x):
    return x[:, 0]


merge_reversed = wrong(
    "Your last head stands first. Whatever order split_heads cut, merging restores: head 0 first.",
    change("x.swapaxes", "x[:, ::-1].swapaxes"),
)

positions_and_features_swapped = wrong(
    "You swap positions with features, and join what then stands together. Heads and features must be neighbours, in this order, when the reshape joins them.",
    change("x.swapaxes(1, 2)", "x.swapaxes(2, 3)"),
)

batch_and_heads_swapped = wrong(
    "You swap the batch with the heads. The batch stays where it is; the positions must come before the heads.",
    change("x.swapaxes(1, 2)", "x.swapaxes(0, 1)"),
)

best_head = wrong(
    "Of each feature you keep the largest among the heads. No head knows of the others, and none is to win; put them side by side.",
    change("x.swapaxes(1, 2).reshape(b, n, h * width)", "x.max(1)"),
)


@right()
def with_concatenate(x):
    h = x.shape[1]
    return np.concatenate([x[:, head] for head in range(h)], axis=-1)


@right()
def merge_with_transpose(x):
    b, _, n, _ = x.shape
    return np.reshape(np.transpose(x, [0, 2, 1, 3]), (b, n, -1))


with_moveaxis = right(change("x.swapaxes(1, 2)", "np.moveaxis(x, 1, 2)"), change("h * width", "width * h"))
