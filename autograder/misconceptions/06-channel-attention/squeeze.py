"""What people write for ``squeeze``."""

from autograder.answers.bank import Call, both, change, right, wrong
from autograder.misconceptions.making import tensors


def probes(rng):
    return [
        Call(*tensors(rng, (2, 3, 4, 5))),
        Call(*tensors(rng, (3, 3, 3, 3))),
        Call(*tensors(rng, (4, 2, 5, 3))),
        Call(*tensors(rng, (1, 4, 3, 2), dtype=np.float32)),
    ]


width_only = wrong(
    "You average along the rows only: a number for each row of the map is left. A channel is to say one thing about the whole picture, so height and width must both go.",
    change("dim=(2, 3)", "dim=3"),
)

height_only = wrong(
    "You average down the columns only: a number for each column is left. A channel is to say one thing about the whole picture, so height and width must both go.",
    change("dim=(2, 3)", "dim=2"),
)

channels_pooled = wrong(
    "You average the channels away and keep the places. It is the other way round here: which axes say where, and which says what?",
    change("dim=(2, 3)", "dim=1"),
)

picture_pooled = wrong(
    "One number for the whole picture comes back. Then no channel can be told from another; only the two axes that say where may go.",
    change("dim=(2, 3)", "dim=(1, 2, 3)"),
)

batch_pooled = wrong(
    "Your mean runs over the batch, too. Batch normalisation does that; a gate looks at one picture, whatever stands beside it.",
    change("dim=(2, 3)", "dim=(0, 2, 3)"),
)

summed_up = wrong(
    "You add the map up. A sum grows with the size of the picture, and the gates would change when the picture is enlarged; a mean does not.",
    change("x.mean", "x.sum"),
)

highest_of_map = wrong(
    "You take the highest number of each map. CBAM does so in addition, later on; the squeeze asks what the map holds on average.",
    change("x.mean", "x.amax"),
)

axes_kept = wrong(
    "Your numbers are right and two axes of length one are left over. The next step multiplies by a matrix, along the channels: they must be the last axis.",
    change("=(2, 3)", "=(2, 3), keepdim=True"),
)

channels_last = wrong(
    "You pool as if the channels stood last, as they do in picture files and in other libraries. In torch they come right behind the batch.",
    change("dim=(2, 3)", "dim=(1, 2)"),
)


@wrong(
    "A NumPy array comes back. NumPy leaves no trace that torch could follow back, and nothing before the squeeze would learn; torch has the same operations."
)
def through_numpy(x):
    return x.numpy().mean(axis=(2, 3))


median_of_map = wrong(
    "You take the median. One place in the middle of the order would get all the gradient; a mean shares it among all places.",
    change("x.mean(dim=(2, 3))", "x.flatten(2).median(dim=-1).values"),
)

square_assumed = wrong(
    "The sum is divided by the wrong number: it is right for square maps only. A mean divides by the count of places, height times width.",
    change("x.mean(dim=(2, 3))", "x.sum((2, 3)) / x.shape[2] ** 2"),
)


@wrong(
    "Your shape is right and the means are of mixtures: a reshape cuts the numbers anew, so that a column of it holds pieces of several channels. The channels stand before the places; leave them there."
)
def mixed_by_view(x):
    b, c, h, w = x.shape
    return x.reshape(b, h * w, c).mean(dim=1)


length_of_map = wrong(
    "You lose the sign: the length of a map as a vector, or the size of its numbers, is never negative. What a channel holds on average may be.",
    change("x.mean(dim=(2, 3))", "x.flatten(2).norm(dim=-1)"),
)


@wrong("A single number is left of the whole batch. A mean without axes takes them all; which two are to go?")
def mean_of_everything(x):
    return x.mean()


divided_by_channels = wrong(
    "You divide by the number of channels. A mean is divided by how many numbers were added up, which is how many places a map has.",
    change("x.mean(dim=(2, 3))", "x.sum((2, 3)) / x.shape[1]"),
)

of_magnitudes = wrong(
    "You drop the signs before the mean. What a map has below zero counts against what it has above; a mean of magnitudes says how loud it is, which is something else.",
    change("x.mean", "x.abs().mean"),
)


@wrong("You take the maximum of each row and then the mean of those. The mean runs over the columns too.")
def mean_of_row_maxima(x):
    return x.amax(dim=3).mean(dim=2)


squeezed_to_float32 = wrong(
    "Your result is float32 whatever came in. A mean has the type of its numbers; nothing needs to be converted.",
    change("x.mean", "x.float().mean"),
)

summed_with_axes = both(summed_up, axes_kept)

highest_with_axes = both(highest_of_map, axes_kept)

with_pooling = right(change("x.mean(dim=(2, 3))", "nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)"))

flattened_first = right(change("x.mean(dim=(2, 3))", "x.flatten(2).mean(dim=-1)"))


@right()
def one_axis_after_the_other(x):
    return torch.mean(torch.mean(x, -1), -1)


sum_over_count = right(
    change("x.mean(dim=(2, 3))", 'torch.einsum("bchw->bc", x) / (x.shape[2] * x.shape[3])')
)
