"""What people write for ``hop_penalty``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    return [
        Call(rng.dirichlet(np.ones(5), size=(2, 3))),
        Call(rng.dirichlet(np.ones(2), size=(5, 4))),
        Call(rng.dirichlet(np.ones(4), size=(3, 4))),
        Call(np.eye(5)[None, :3]),
    ]


compares_positions = wrong(
    "You compare positions, AᵀA − I of size n, not hops. Disjoint hops on single words should cost nothing; the overlap of hops is A Aᵀ, of size r.",
    change("A @ A.swapaxes(-1, -2)", "A.swapaxes(-1, -2) @ A"),
    change("[1], dtype=A.dtype)", "[2])"),
)


@wrong("The identity is missing: you punish every hop for existing. Its overlap with itself may be 1.")
def no_identity(A):
    return ((A @ A.swapaxes(-1, -2)) ** 2).sum((-1, -2)).mean()


norm_not_squared = wrong(
    "You return the Frobenius norm; the penalty is its square, so no root.",
    change("(excess**2).sum(axis=(-1, -2))", "np.sqrt((excess**2).sum((-1, -2)))"),
)

summed_over_batch = wrong(
    "You add up the batch. It is the mean over the batch, so that the penalty does not depend on how many sentences there are.",
    change("axis=(-1, -2)).mean()", ")"),
)

mean_of_everything = wrong(
    "You average over the entries of the matrix as well. The Frobenius norm adds them up; only the batch is averaged.",
    change("(excess**2).sum(axis=(-1, -2))", "((A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])) ** 2)"),
)

one_per_sentence = wrong(
    "You return one number per sentence. One for the batch is expected: their mean.",
    change("axis=(-1, -2)).mean()", "(-1, -2))"),
)

diagonal_left_out = wrong(
    "You leave the diagonal out. It counts: a hop that spreads over many words has a small overlap with itself, and the penalty asks it to focus.",
    change("2) - np.eye(A.shape[1], dtype=A.dtype)", "2) * (1 - np.eye(A.shape[1]))"),
)

absolute_values = wrong(
    "You add up absolute values. The Frobenius norm squares the entries, which forgives small overlaps and punishes large ones.",
    change("excess**2", "np.abs(excess)"),
)

mean_over_hops = wrong(
    "You divide by the number of hops too (a mean over rows somewhere). The Frobenius norm adds all entries up; only the batch is averaged.",
    change("=(-1, -2)", "=-1"),
)

ones_for_the_identity = wrong(
    "You subtract 1 from every entry, and so ask all hops to be the same. I is the identity matrix: 1 on the diagonal, 0 elsewhere.",
    change("np.eye(A.shape[1], dtype=A.dtype)", "1"),
)

identity_of_size_n = wrong(
    "Your identity has the size of the sentence, n × n. It is subtracted from A Aᵀ, which is r × r, and so must it be.",
    change("[1], dtype=A.dtype)", "[2])"),
)


@wrong(
    "You subtract r after the squares are summed. The identity is subtracted inside the norm, entry by entry, before "
    "anything is squared; a penalty is never negative."
)
def identity_outside_the_norm(A):
    return ((A @ A.swapaxes(-1, -2)) ** 2).sum((-1, -2)).mean() - A.shape[1]


squared_after_the_mean = wrong(
    "You average the norms over the batch and square the average. Each sentence has its own squared norm; these are averaged.",
    change("(excess**2).sum(axis=(-1, -2)).mean()", "np.sqrt((excess**2).sum((-1, -2))).mean() ** 2"),
)

penalty_changes_A = wrong(
    "Your function changes the caller's A in place (-=, /= and *= write into the array itself). Make a new array instead.",
    change("excess = A", "A /= A.sum(-1, keepdims=True) + 1e-9\nexcess = A"),
)

positions_not_squared = both(compares_positions, norm_not_squared)


@both(norm_not_squared, summed_over_batch)
def summed_not_squared(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return np.sqrt((excess**2).sum((-1, -2))).sum()


@right()
def with_linalg_norm(A):
    return np.mean([np.linalg.norm(one @ one.T - np.eye(len(one)), "fro") ** 2 for one in A])


@right()
def as_a_trace(A):
    # ‖G − I‖² = tr(G²) − 2 tr(G) + r for the symmetric G = A Aᵀ
    overlap = np.einsum("brn,bsn->brs", A, A)
    return float(((overlap**2).sum((1, 2)) - 2 * np.trace(overlap, axis1=1, axis2=2) + A.shape[1]).mean())
