"""What people write for ``attentional_hidden``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def arrays(b, d_v, d_h, out):
        return [rng.normal(size=shape) for shape in ((b, d_v), (b, d_h), (d_v + d_h, out))]

    general = arrays(2, 3, 5, 4)
    return [
        Call(*general),
        Call(*arrays(3, 4, 4, 6)),
        Call(*arrays(2, 2, 2, 4)),
        Call(*(part.astype(np.float32) for part in general)),
    ]


@wrong("Your result goes beyond ±1: the tanh is missing. Without it two linear layers in a row would be one.")
def no_squash(context, hidden, W_c):
    return np.concatenate([context, hidden], axis=-1) @ W_c


hidden_first = wrong(
    "You join the hidden state before the context. The first d_v rows of W_c are made for the context: it comes first.",
    change("[context, hidden]", "[hidden, context]"),
)

squashed_first = wrong(
    "You squash the parts before W_c. The tanh comes last, around the product.", change(" @ W_c)", ") @ W_c")
)


@wrong("You squash with a sigmoid. The formula has the tanh, whose values lie between −1 and 1.")
def sigmoid_for_the_tanh(context, hidden, W_c):
    return 1 / (1 + np.exp(-np.concatenate([context, hidden], axis=-1) @ W_c))


context_alone = wrong(
    "Only the context enters your result. The decoder's own state belongs in it, too: it knows what has been written so far.",
    change("np.concatenate([context, hidden], axis=-1) @ W_c", "context @ W_c[: context.shape[1]]"),
)


@wrong("Only the hidden state enters your result; what attention has found takes no part.")
def hidden_alone(context, hidden, W_c):
    return np.tanh(hidden @ W_c[context.shape[1] :])


@wrong("You take the tanh of each part's product and add afterwards. The tanh stands around the whole sum.")
def tanh_of_each_part(context, hidden, W_c):
    width = context.shape[1]
    return np.tanh(context @ W_c[:width]) + np.tanh(hidden @ W_c[width:])


W_c_transposed = wrong(
    "W_c stands the other way round in your product: an error, or silent where it is square. In a batch the joined vectors are rows, and the product is joined @ W_c.",
    change("@ W_c", "@ W_c.T"),
)

softmax_for_the_tanh = wrong(
    "You make a distribution of the result, with a softmax. That comes later, over the vocabulary; here a tanh squashes each entry by itself.",
    change("np.tanh", "softmax"),
)


@wrong(
    "You add context and hidden state instead of joining them: an error, or silent where their widths agree. Joined, each part keeps rows of W_c of its own."
)
def added_not_joined(context, hidden, W_c):
    return np.tanh((context + hidden) @ W_c[: context.shape[1]])


@wrong(
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and lifts all that is computed with it. A buffer takes a dtype=."
)
def joined_in_float64(context, hidden, W_c):
    joined = np.zeros((len(context), len(W_c)))
    joined[:, : context.shape[1]] = context
    joined[:, context.shape[1] :] = hidden
    return np.tanh(joined @ W_c)


@wrong(
    "Your result lies on its side, (d_out, B). In a batch every sentence is a row: joined @ W_c, without transposing."
)
def result_on_its_side(context, hidden, W_c):
    return np.tanh(W_c.T @ np.concatenate([context, hidden], axis=-1).T)


@both(result_on_its_side, hidden_first)
def hidden_first_on_its_side(context, hidden, W_c):
    return np.tanh(W_c.T @ np.concatenate([hidden, context], axis=-1).T)


@both(no_squash, hidden_first)
def hidden_first_no_squash(context, hidden, W_c):
    return np.concatenate([hidden, context], axis=-1) @ W_c


hidden_first_squashed_first = both(squashed_first, hidden_first)


@right()
def in_two_products(context, hidden, W_c):
    top, bottom = np.split(W_c, [context.shape[1]])
    return np.tanh(context @ top + hidden @ bottom)


@right()
def hidden_with_einsum(context, hidden, W_c):
    return np.tanh(np.einsum("bi,io->bo", np.hstack((context, hidden)), W_c))


@right()
def columns_on_the_right(context, hidden, W_c):
    return np.tanh(W_c.T @ np.vstack([context.T, hidden.T])).T
