"""What people write for ``structured_self_attention``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    general = rng.normal(size=(2, 5, 6)), rng.normal(size=(4, 6)), rng.normal(size=(3, 4))
    return [
        Call(*general),
        Call(rng.normal(size=(4, 4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))),
        Call(general[0], general[1], 2000 * general[2]),
        Call(*(part.astype(np.float32) for part in general)),
    ]


softmax_over_hops = wrong(
    "Your softmax runs over the hops: at each position the hops share the weight 1. Each hop is a distribution over the positions.",
    change("softmax(scores)", "softmax(scores, axis=-2)"),
)

no_tanh = wrong(
    "The tanh is missing. Without it W_2 W_1 is a single matrix, and the layer in between could as well not be there.",
    change("W_2 @ np.tanh", "W_2 @ "),
)


@wrong("You use a ReLU where the formula has tanh: negative evidence is lost.")
def relu_for_tanh(H, W_1, W_2):
    A = softmax(W_2 @ np.maximum(W_1 @ H.swapaxes(-1, -2), 0))
    return A @ H, A


tanh_last = wrong(
    "You apply tanh after W_2. It belongs between the two matrices; after W_2 it would hold every score within ±1 and no hop could focus.",
    change("W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))", "np.tanh(W_2 @ (W_1 @ H.swapaxes(-1, -2)))"),
)

A_first = wrong(
    "Both results are right and in the other order: M comes first, then A.", change("A @ H, A", "A, A @ H")
)

A_transposed = wrong(
    "Your A is transposed: one row per hop and one column per position is expected, (B, r, n).",
    change("A @ H, A", "A @ H, A.swapaxes(-1, -2)"),
)

M_flattened = wrong(
    "You flatten M into one long vector. Keep one row per hop, (B, r, 2u).",
    change("return A @ H", "return (A @ H).reshape(len(H), -1)"),
)

hops_averaged = wrong(
    "You average the hops into one vector, and what each of them found is mixed again. Keep one row per hop, (B, r, 2u).",
    change("return A @ H", "return (A @ H).mean(1)"),
)

hops_without_softmax = wrong(
    "Your hops are not normalised: without the softmax they are scores, which can be negative.",
    change("softmax(scores)", "scores"),
)

values_squashed = wrong(
    "You average tanh(H), not the hidden states themselves: M = A H.",
    change("return A @ H", "return A @ np.tanh(H)"),
)


@wrong(
    "You divide the scores by a root of the width, as in dot-product attention. Here tanh keeps the scores in check; the paper has no divisor."
)
def hops_scaled(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)) / math.sqrt(W_1.shape[0]))
    return A @ H, A


@wrong(
    "There is a second tanh, after W_2. It holds every score within ±1, so that no hop can focus; the formula has one, between the matrices."
)
def tanh_twice(H, W_1, W_2):
    A = softmax(np.tanh(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))))
    return A @ H, A


softmax_before_W_2 = wrong(
    "You apply the softmax before W_2, and W_2 then mixes the distributions: what comes out does not sum to one. The softmax comes last.",
    change("softmax(scores)", "W_2 @ softmax(np.tanh(W_1 @ H.swapaxes(-1, -2)))"),
)

reshaped_H = wrong(
    "reshape gives H the transposed shape, but not the transposed content: it reads the same numbers in the same order, "
    "so that a column is no hidden state any more. Swap the axes instead.",
    change("scores = W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))", "(batch, n, width) = H.shape"),
    change("softmax(scores)", "softmax(W_2 @ np.tanh(W_1 @ H.reshape(batch, width, n)))"),
)

values_projected = wrong(
    "You average the layer in between, tanh(W_1 Hᵀ). It only serves to score; what the hops average are the hidden states, M = A H.",
    change("= W_2 @ np", "= np"),
    change("softmax(scores)", "softmax(W_2 @ scores)"),
    change("return A @ H", "return A @ scores.swapaxes(-1, -2)"),
)

M_only = wrong(
    "Your M is right; A is expected back as well: return M, A.", change("A @ H, A", "softmax(scores) @ H")
)

structured_overflow = wrong(
    "For large scores your result is NaN: exponentials overflow, or all those of a hop round to 0. Subtract each hop's own "
    "maximum first; the given softmax does.",
    change("W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))", "np.exp(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)))"),
    change("softmax(scores)", "scores / scores.sum(-1, keepdims=True)"),
)

no_tanh_over_hops = both(no_tanh, softmax_over_hops)

rows_for_positions = right(
    change("W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))", "np.tanh(H @ W_1.T) @ W_2.T"),
    change("softmax(scores)", "softmax(scores, axis=1).swapaxes(1, 2)"),
    change("return A @ H", "return np.matmul(A, H)"),
)


@right()
def structured_with_einsum(H, W_1, W_2):
    scores = np.einsum("ra,ban->brn", W_2, np.tanh(np.einsum("au,bnu->ban", W_1, H)))
    exponentials = np.exp(scores - scores.max(2, keepdims=True))
    A = exponentials / exponentials.sum(2, keepdims=True)
    return np.einsum("brn,bnu->bru", A, H), A
