"""What people write for ``split_heads``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    return [
        Call(rng.normal(size=(2, 3, 8)), 4),
        Call(rng.normal(size=(3, 3, 9)), 3),
        Call(rng.normal(size=(2, 2, 4)), 2),
        Call(rng.normal(size=(1, 4, 6)).astype(np.float32), 2),
        Call(rng.normal(size=(2, 3, 6)), 4, raises=ValueError),
    ]


reshape_only = wrong(
    "The shape is right and the contents are mixed: your reshape cuts the rows anew, so that a head gets pieces of several positions. Only the features are to be cut; which axes must then change places?",
    change("n, h, d // h).swapaxes(1, 2)", "h, n, d // h)"),
)

not_swapped = wrong(
    "Your features are cut into heads, but the heads stand behind the positions. Attention works on the last two axes: these must be positions and features, one such matrix for each head.",
    change(".swapaxes(1, 2)", ""),
)

interleaved = wrong(
    "Your heads take every h-th feature. A head is a slice of features that stand next to each other: the first d/h belong to head 0.",
    change("h, d // h).swapaxes(1, 2)", "d // h, h).transpose(0, 3, 1, 2)"),
)

remainder_dropped = wrong(
    "Where h does not divide d you leave the last features out without a word. A width that cannot be shared out evenly is a mistake of the caller, who should hear of it.",
    change("if d % h:", "if False:"),
    change("x.reshape", "x[:, :, : d // h * h].reshape"),
)

h_is_the_width = wrong(
    "You take h for the width of a head. It is the number of heads; the width is what is left for each, d/h.",
    change("h, d // h", "d // h, h"),
)

batch_joined = wrong(
    "Your heads and your batch share one axis. Some libraries do so for speed; here each keeps an axis of its own, the batch first.",
    change("swapaxes(1, 2)", "swapaxes(1, 2).reshape(b * h, n, d // h)"),
)

heads_first = wrong(
    "The heads come before the batch in your result. The batch stays the first axis, everywhere in this course.",
    change("swapaxes(1, 2)", "transpose(2, 0, 1, 3)"),
)

transposed_keys = wrong(
    "Your heads have features before positions, as keys have in a product with queries. That transposition belongs to the scores; a head is (positions, features).",
    change("swapaxes(1, 2)", "transpose(0, 2, 3, 1)"),
)

wrong_axes_swapped = wrong(
    "You swap the batch with the positions, where heads and positions should change places. Name the four axes after the reshape: which two must change places?",
    change("swapaxes(1, 2)", "swapaxes(0, 1)"),
)

list_of_heads = wrong(
    "A list of heads comes back. One array with an axis for the heads lets a single product do the work of all of them.",
    change("x.reshape(b, n, h, d // h).swapaxes(1, 2)", "list(np.split(x, h, axis=2))"),
)

whole_for_each = wrong(
    "Every head of yours gets all features. Heads share the width out among them; that is why h heads cost no more than one.",
    change("x.reshape(b, n, h, d // h).swapaxes(1, 2)", "np.stack([x] * h, axis=1)"),
)

heads_reversed = wrong(
    "Your last slice of features is head 0. Heads are numbered from the first feature on.",
    change("swapaxes(1, 2)", "swapaxes(1, 2)[:, ::-1]"),
)

asserted = wrong(
    "Your function raises another error than a ValueError where h does not divide d. An assert is for what can never happen, and python -O leaves it out; what a caller got wrong is said by the kind of error that fits.",
    change('if d % h:\n    raise ValueError(f"{h} heads do not divide a width of {d}")', "assert d % h == 0"),
)

interleaved_dropped = both(interleaved, remainder_dropped)

with_stack = right(
    change("b, n, d = x.shape", "d = x.shape[-1]"),
    change("x.reshape(b, n, h, d // h).swapaxes(1, 2)", "np.stack(np.split(x, h, axis=-1), axis=1)"),
)

with_transpose = right(
    change(
        "x.reshape(b, n, h, d // h).swapaxes(1, 2)",
        "np.transpose(np.reshape(x, (b, n, h, -1)), (0, 2, 1, 3))",
    )
)


@right()
def slice_by_slice(x, h):
    width, rest = divmod(x.shape[-1], h)
    if rest != 0:
        raise ValueError("no")
    out = np.empty((x.shape[0], h, x.shape[1], width), dtype=x.dtype)
    for head in range(h):
        out[:, head] = x[..., head * width : (head + 1) * width]
    return out
