"""What people write for ``combine_masks``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def masks(b, n):
        padding, causal = rng.random((b, n)) < 0.6, rng.random((n, n)) < 0.6
        padding[0], causal[0, 1] = np.arange(n) < 1, True
        return padding, causal

    padding, causal = masks(2, 4)
    return [
        Call(padding, causal),
        Call(*masks(4, 4)),
        Call(padding, causal[:1], raises=ValueError),
        Call(*masks(1, 3)),
    ]


either_allows = wrong(
    "You allow what either mask allows. Padding stays forbidden though it lies in the past, and the future though it holds words: both must allow it.",
    change("& causal", "| causal"),
)

padding_at_the_queries = wrong(
    "Your padding forbids queries, whole rows. What must not be looked *at* is a key, a column; a query that is padding does no harm.",
    change("[:, None, :]", "[:, :, None]"),
)

padding_at_both = wrong(
    "Your padding forbids both the key and the query. It belongs on the keys; rows of nothing come from the other half.",
    change("[:, None, :]", "[:, None, :] & padding[:, :, None]"),
)

no_axis_for_the_queries = wrong(
    "You join (B, n) and (n, n) without an axis between batch and keys: an error, or, where B = n, each sentence's padding meets one query of all.",
    change("[:, None, :]", ""),
)

padding_alone = wrong(
    "The causal mask has no say in your result: the future stays open.",
    change("& causal", "& np.ones_like(causal)"),
)

causal_alone = wrong(
    "The padding has no say in your result: empty places stay open.",
    change("return padding", "return np.ones_like(padding)"),
)

product_of_numbers = wrong(
    "You multiply two masks that are booleans no more: your result holds numbers. Yes-and-no arrays are joined by &.",
    change("& causal", "* causal.astype(float)"),
)

causal_transposed = wrong(
    "The causal mask is transposed on its way: each query looks ahead.", change("& causal", "& causal.T")
)


@wrong(
    "A causal mask of the wrong shape is broadcast without a word: one row then stands for all queries. The statement asks for an error."
)
def shape_unnoticed(padding, causal):
    return padding[:, None, :] & causal


@both(either_allows, shape_unnoticed)
def either_allows_unnoticed(padding, causal):
    return padding[:, None, :] | causal


@both(padding_at_the_queries, shape_unnoticed)
def queries_unnoticed(padding, causal):
    return padding[:, :, None] & causal


@right()
def with_logical_and(padding, causal):
    if causal.shape[0] != padding.shape[1] or causal.shape[1] != padding.shape[1]:
        raise ValueError("shapes")
    return np.logical_and(padding[:, np.newaxis], causal[np.newaxis])


@right()
def sentence_by_sentence(padding, causal):
    if causal.shape != (padding.shape[1],) * 2:
        raise ValueError("shapes")
    return np.stack([np.where(row, causal, False) for row in padding])
