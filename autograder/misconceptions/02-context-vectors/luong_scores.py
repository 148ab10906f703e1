"""What people write for ``luong_scores``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def arrays(*shapes):
        return [rng.normal(size=shape) for shape in shapes]

    query, keys, W, v = arrays((2, 3), (2, 5, 4), (7, 6), (6,))
    dot, general = arrays((2, 4), (2, 5, 4)), arrays((2, 3), (2, 5, 4), (3, 4))
    square = arrays((4, 4), (4, 4, 4), (4, 4))
    return [
        Call(*dot, "dot"),
        Call(*square[:2], "dot"),
        Call(*general[:2], "general", general[2]),
        Call(*square[:2], "general", square[2]),
        Call(query, keys, "concat", W, v),
        Call(*arrays((4, 4), (4, 4, 4)), "concat", *arrays((8, 4), (4,))),
        Call(query, keys, "additive", W, v, raises=ValueError),
        Call(*dot, "Dot", W, v, raises=ValueError),
        Call(*(part.astype(np.float32) for part in dot), "dot"),
        Call(*(part.astype(np.float32) for part in general[:2]), "general", general[2].astype(np.float32)),
    ]


general_without_W = wrong(
    "Your general score ignores W: it is the dot product. The matrix is what can be learned there, and what lets query and key have different widths.",
    change('kind == "dot"', 'kind in ("dot", "general")'),
)

W_transposed = wrong(
    "In your general score the query stands on the right of W, kᵀ W q: an error, or silent where W is square. W has d_q rows, and the query meets the rows.",
    change(" @ (query @ W)", " @ W @ (query)"),
)

key_first = wrong(
    "In your concat score the key stands before the query. W has its first d_q rows for the query: the query comes first, the key behind it.",
    change("[repeated, keys]", "[keys, repeated]"),
)

concat_without_tanh = wrong(
    "There is no tanh in your concat score. Query and key then contribute separately, and the query adds the same to every score.",
    change(
        "np.tanh(np.concatenate([repeated, keys], axis=-1) @ W)",
        "np.concatenate([repeated, keys], axis=-1) @ W",
    ),
)

concat_tanh_last = wrong(
    "In your concat score the tanh comes last, around the score. It belongs before v, on the a features.",
    change(
        "np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v",
        "np.tanh(np.concatenate([repeated, keys], axis=-1) @ W @ v)",
    ),
)

concat_without_v = wrong(
    "Your concat score leaves v out and adds the features up. v says which of them counts how much.",
    change(" @ v", ".sum(-1)"),
)

scaled_dot = wrong(
    "Your dot score is divided by √d. That is the scaled dot product of a later chapter; Luong's is the plain one.",
    change(
        "(keys @ query[:, :, None])[:, :, 0]",
        "(keys @ query[:, :, None])[:, :, 0] / math.sqrt(query.shape[1])",
    ),
)

both_products_scaled = wrong(
    "Dot and general scores are divided by √d in your function. That is the scaled dot product of a later chapter; Luong's are the plain ones.",
    change(
        "(keys @ query[:, :, None])[:, :, 0]",
        "(keys @ query[:, :, None])[:, :, 0] / math.sqrt(query.shape[1])",
    ),
    change(
        "(keys @ (query @ W)[:, :, None])[:, :, 0]",
        "(keys @ (query @ W)[:, :, None])[:, :, 0] / math.sqrt(query.shape[1])",
    ),
)

unknown_gives_none = wrong(
    "A kind that you do not know gives None. Whoever misspells it learns so much later, in another place; say it at once, with a ValueError.",
    change("raise ValueError(f\"kind is 'dot', 'general' or 'concat', not {kind!r}\")", ""),
)


@wrong(
    "Any kind that you do not know is taken for concat, by the last else. A misspelt name should not run; raise a ValueError."
)
def unknown_taken_for_concat(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    elif kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    else:
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v


@wrong(
    "An unknown kind raises a KeyError, by the look-up in a dictionary. The exercise asks for a ValueError, which says that an argument has a value that it may not have."
)
def unknown_gives_key_error(query, keys, kind, W=None, v=None):
    def concat():
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v

    kinds = {
        "dot": lambda: (keys @ query[:, :, None])[:, :, 0],
        "general": lambda: (keys @ (query @ W)[:, :, None])[:, :, 0],
        "concat": concat,
    }
    return kinds[kind]()


unknown_meets_an_assert = wrong(
    "An unknown kind meets an assert. Asserts are for what can never happen, and Python can be told to skip them; a caller's mistake raises a ValueError.",
    change('if kind == "dot":', 'assert kind in ("dot", "general", "concat")\nif kind == "dot":'),
)

unknown_gives_plain_exception = wrong(
    "An unknown kind raises a plain Exception. Whoever wants to catch it would have to catch everything else as well; a ValueError says what is wrong.",
    change("ValueError", "Exception"),
)

any_spelling = wrong(
    "You accept the kind in capitals as well. Only the three names, spelt as they are, are known; anything else raises a ValueError.",
    change('if kind == "dot":', 'kind = str(kind).lower()\nif kind == "dot":'),
)

every_query_meets_every_sentence = wrong(
    "Your products let every query meet the keys of every sentence: the scores get a third axis. Each batch element has its own query and its own keys.",
    change("(keys @ query[:, :, None])[:, :, 0]", "keys @ query.T"),
    change("(keys @ (query @ W)[:, :, None])[:, :, 0]", "keys @ (query @ W).T"),
)

weights_returned = wrong(
    "You return weights: there is a softmax at the end. The exercise stops at the scores.",
    change("(keys @ query[:, :, None])[:, :, 0]", "softmax((keys @ query[:, :, None])[:, :, 0])"),
    change("(keys @ (query @ W)[:, :, None])[:, :, 0]", "softmax((keys @ (query @ W)[:, :, None])[:, :, 0])"),
    change(
        "np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v",
        "softmax(np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v)",
    ),
)

last_axis_kept = wrong(
    "Your dot and general scores keep an axis of length 1: (B, m, 1). A score is one number for each key.",
    change("(keys @ query[:, :, None])[:, :, 0]", "keys @ query[:, :, None]"),
    change("(keys @ (query @ W)[:, :, None])[:, :, 0]", "keys @ (query @ W)[:, :, None]"),
)

general_with_tanh = wrong(
    "There is a tanh around your general score. Only concat has one; a product meets its two vectors without it.",
    change("(keys @ (query @ W)[:, :, None])[:, :, 0]", "np.tanh((keys @ (query @ W)[:, :, None])[:, :, 0])"),
)

cosine = wrong(
    "Your dot score is the cosine: both vectors are brought to length one. Luong's dot product keeps their lengths, so a longer key scores higher.",
    change(
        "(keys @ query[:, :, None])[:, :, 0]",
        "(keys @ query[:, :, None])[:, :, 0] / (np.linalg.norm(query, axis=-1)[:, None] * np.linalg.norm(keys, axis=-1))",
    ),
)


@wrong(
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and so are scores written into it. A buffer takes a dtype=."
)
def luong_in_float64(query, keys, kind, W=None, v=None):
    if kind not in ("dot", "general", "concat"):
        raise ValueError(kind)
    scores = np.zeros(keys.shape[:2])
    for b in range(len(query)):
        for j in range(keys.shape[1]):
            if kind == "dot":
                scores[b, j] = query[b] @ keys[b, j]
            elif kind == "general":
                scores[b, j] = query[b] @ W @ keys[b, j]
            else:
                scores[b, j] = np.tanh(np.concatenate([query[b], keys[b, j]]) @ W) @ v
    return scores


whole_array_transposed = wrong(
    ".T reverses all axes of the keys, the batch too: an error, or silent where the sizes agree, and then sentences are mixed. Each query meets its own keys only.",
    change("(keys @ query[:, :, None])[:, :, 0]", "query @ keys.T"),
    change("(keys @ (query @ W)[:, :, None])[:, :, 0]", "query @ W @ keys.T"),
)

W_transposed_or_none = both(W_transposed, unknown_gives_none)

key_first_or_none = both(key_first, unknown_gives_none)

key_first_without_tanh = both(
    key_first,
    concat_without_tanh,
    change(
        "np.tanh(np.concatenate([repeated, keys], axis=-1) @ W)",
        "np.concatenate([keys, repeated], axis=-1) @ W",
    ),
)


@right()
def luong_with_einsum(query, keys, kind, W=None, v=None):
    match kind:
        case "dot":
            return np.einsum("bd,bmd->bm", query, keys)
        case "general":
            return np.einsum("bq,qk,bmk->bm", query, W, keys)
        case "concat":
            d = query.shape[1]
            return np.einsum("bma,a->bm", np.tanh((query @ W[:d])[:, None] + keys @ W[d:]), v)
        case _:
            raise ValueError("unknown kind")


@right()
def pair_by_pair(query, keys, kind, W=None, v=None):
    score = {
        "dot": lambda q, k: q @ k,
        "general": lambda q, k: q @ W @ k,
        "concat": lambda q, k: v @ np.tanh(W.T @ np.concatenate([q, k])),
    }
    if kind not in score:
        raise ValueError(f"no such kind: {kind}")
    rows = [[score[kind](q, k) for k in ks] for q, ks in zip(query, keys, strict=True)]
    return np.array(rows, dtype=query.dtype)


@right()
def products_summed(query, keys, kind, W=None, v=None):
    if kind == "general":
        query, kind = query @ W, "dot"
    if kind == "dot":
        return np.sum(query[:, None, :] * keys, axis=2)
    if kind != "concat":
        raise ValueError
    tiled = np.broadcast_to(query[:, None], (*keys.shape[:2], query.shape[1]))
    return np.dot(np.tanh(np.dot(np.dstack([tiled, keys]), W)), v)
