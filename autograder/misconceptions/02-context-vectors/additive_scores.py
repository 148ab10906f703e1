"""What people write for ``additive_scores``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def arrays(b, m, d_q, d_k, a):
        shapes = (b, d_q), (b, m, d_k), (d_q, a), (d_k, a), (a,)
        return [rng.normal(size=shape) for shape in shapes]

    general = arrays(2, 5, 3, 4, 6)
    return [
        Call(*general),
        Call(*arrays(4, 4, 4, 4, 4)),
        Call(*arrays(3, 2, 4, 4, 5)),
        Call(*(part.astype(np.float32) for part in general)),
    ]


no_tanh = wrong(
    "There is no tanh in your scores. The query then adds the same number to the scores of all keys, the softmax takes it away again, and the weights are the same whatever is asked. "
    "It is the nonlinearity that lets query and key meet.",
    change("return np.tanh", "return "),
)

query_not_broadcast = wrong(
    "The projected query, (B, a), is added to the projected keys, (B, m, a), as it is. NumPy lines up the last axes: an error, or, where B = m, every batch element gets the "
    "queries of all. Give the query an axis of length 1 in the keys' place.",
    change("asked +", "query @ W_q +"),
)

tanh_of_each = wrong(
    "You take the tanh of each projection and add afterwards. Then the query once more adds the same to every score; the tanh belongs around the sum.",
    change("np.tanh(asked + keys @ W_k)", "(np.tanh(query @ W_q)[:, None] + np.tanh(keys @ W_k))"),
)

tanh_last = wrong(
    "The tanh comes last in your function. It stands before v, on the a features; the score itself is not confined to ±1.",
    change("np.tanh(asked + keys @ W_k) @ v", "np.tanh((asked + keys @ W_k) @ v)"),
)

weights_for_scores = wrong(
    "You return weights: there is a softmax at the end. The exercise stops at the scores; the next one makes weights of them.",
    change("np.tanh(asked + keys @ W_k) @ v", "softmax(np.tanh(asked + keys @ W_k) @ v)"),
)

projections_multiplied = wrong(
    "You multiply the two projections. Additive attention adds them; the product is the other family's way.",
    change("+ keys @ W_k", "* (keys @ W_k)"),
)

v_left_out = wrong(
    "You add up the a features with equal weight, and v takes no part. v is learned and says which feature counts how much.",
    change(" @ v", ".sum(-1)"),
)

features_not_added = wrong(
    "You weigh the features with v but do not add them up, so a score is still a vector. The product with v is a dot product.",
    change("@ v", "* v"),
)


@wrong("You divide by √a. That belongs to scaled dot products; here tanh and v keep the scores in bounds.")
def divided_by_root_a(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q)[:, None] + keys @ W_k) @ v / math.sqrt(len(v))


@wrong("You squash with a sigmoid. The formula has the tanh, which is symmetric around 0.")
def sigmoid_for_tanh(query, keys, W_q, W_k, v):
    return 1 / (1 + np.exp(-((query @ W_q)[:, None] + keys @ W_k))) @ v


@wrong("You cut negative features off (ReLU). The formula has the tanh.")
def relu_for_tanh(query, keys, W_q, W_k, v):
    return np.maximum((query @ W_q)[:, None] + keys @ W_k, 0) @ v


@wrong("The query takes no part in your scores: every query then looks at the same places.")
def query_left_out(query, keys, W_q, W_k, v):
    return np.tanh(keys @ W_k) @ v


matrices_transposed = wrong(
    "Your matrices stand the other way round, W_qᵀ and W_kᵀ: that is an error, or silent where they are square. Vectors are rows here, and a row meets its matrix from the left, query @ W_q.",
    change("query @ W_q", "query @ W_q.T"),
    change("keys @ W_k", "keys @ W_k.T"),
)


@wrong("You keep an axis of length 1 at the end: (B, m, 1). A score is one number for each key, (B, m).")
def axis_kept(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q)[:, None] + keys @ W_k) @ v[:, None]


@wrong("You take the mean over the a features after you have weighed them. The product with v is a sum.")
def mean_over_features(query, keys, W_q, W_k, v):
    return (np.tanh((query @ W_q)[:, None] + keys @ W_k) * v).mean(-1)


@wrong(
    "float32 goes in and float64 comes out: a new np.zeros(…) and np.sqrt of a whole number are float64, and lift all that is computed with them. A buffer takes a dtype=."
)
def scores_in_float64(query, keys, W_q, W_k, v):
    scores = np.zeros(keys.shape[:2])
    for j in range(keys.shape[1]):
        scores[:, j] = np.tanh(query @ W_q + keys[:, j] @ W_k) @ v
    return scores


added_before_projected = wrong(
    "You add query and key before you project them: an error, or silent where their widths agree. Each is brought to the common width by a matrix of its own, and then they are added.",
    change("asked + keys @ W_k", "(query[:, None] + keys) @ W_q"),
)

neither_tanh_nor_broadcast = both(no_tanh, query_not_broadcast)


@both(no_tanh, weights_for_scores)
def weights_without_tanh(query, keys, W_q, W_k, v):
    return softmax(((query @ W_q)[:, None] + keys @ W_k) @ v)


@both(tanh_last, query_not_broadcast)
def tanh_last_not_broadcast(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q + keys @ W_k) @ v)


@right()
def pairs_with_stacked_matrices(query, keys, W_q, W_k, v):
    pairs = np.concatenate([np.repeat(query[:, None], keys.shape[1], 1), keys], -1)
    return np.tanh(pairs @ np.vstack([W_q, W_k])).dot(v)


@right()
def scores_with_einsum(query, keys, W_q, W_k, v):
    hidden = np.einsum("bq,qa->ba", query, W_q)[:, np.newaxis, :] + np.einsum("bmk,ka->bma", keys, W_k)
    return np.einsum("bma,a->bm", np.tanh(hidden), v)


@right()
def key_by_key(query, keys, W_q, W_k, v):
    columns = [np.tanh(query @ W_q + keys[:, j] @ W_k) @ v for j in range(keys.shape[1])]
    return np.stack(columns, axis=1)
