"""What people write for ``softmax``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    scores = rng.normal(size=(3, 4)) * 1.5
    return [
        Call(scores[0]),
        Call(scores),
        Call(rng.normal(size=(4, 4))),
        Call(scores, 0),
        Call(rng.normal(size=(2, 3, 4)), 1),
        Call(1000 + scores),
        Call(scores + np.array([[0.0], [-2000.0], [40.0]])),
        Call(np.array([3000.0, 0.0, 0.0, -50.0])),
        Call(np.array([500.0, -500.0, 1.0])),
        Call(scores.astype(np.float32)),
    ]


without_exp = wrong(
    "You divide the scores by their sum, without exponentials. A negative score becomes a negative weight, and adding the same to all scores changes the weights. "
    "Exponentiate first.",
    change("return exponentials / exponentials", "return scores / scores"),
)


@wrong(
    "You divide by the largest exponential, so that the winner gets 1. Weights share out a whole: divide by the sum."
)
def divided_by_the_largest(scores, axis=-1):
    return np.exp(scores - scores.max(axis=axis, keepdims=True))


exponentials_only = wrong(
    "You return exponentials, which are positive but do not sum to one. Divide each distribution by its sum.",
    change("exponentials / exponentials.sum(axis=axis, keepdims=True)", "np.exp(scores)"),
)

over_everything = wrong(
    "All your weights together sum to one. An array holds many distributions, one for each row where the axis is the last: max and sum run along the axis only.",
    change("scores.max(axis=axis, keepdims=True)", "scores.max()"),
    change("sum(axis=axis, keepdims=True)", "sum()"),
)


@wrong("Your function ignores the axis that it is given and always runs along the last one.")
def axis_ignored(scores, axis=-1):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@wrong(
    "Without another word your softmax runs along the first axis: columns sum to one. The last axis is what the exercise, and every attention that follows, takes by default."
)
def first_axis_by_default(scores, axis=0):
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


overflow = wrong(
    "Exponentials of large scores overflow, and infinity divided by infinity is NaN. A softmax does not change when you subtract the same number from all "
    "scores of a distribution: take its largest score, and no exponential is above 1.",
    change("scores - scores.max(axis=axis, keepdims=True)", "scores"),
)

one_maximum_for_all = wrong(
    "You subtract one maximum, that of the whole array. A distribution whose own scores lie far below it has only exponentials that round to 0, and 0/0 is NaN. "
    "Subtract each distribution's own maximum.",
    change("scores.max(axis=axis, keepdims=True)", "scores.max()"),
)

mean_subtracted = wrong(
    "You subtract the mean of the scores. It holds as long as no score lies far above it; with one that does, its exponential overflows all the same. "
    "Only the maximum is safe.",
    change("scores.max", "scores.mean"),
)

scores_cut_off = wrong(
    "You cut the scores off before exp. That prevents the overflow, and makes large scores equal that are not. Subtract the maximum: it changes no weight.",
    change("scores - scores.max(axis=axis, keepdims=True)", "np.clip(scores, -50, 50)"),
)

keepdims_forgotten = wrong(
    "The sum has lost its axis, so it does not line up with the scores: you get an error, or, in a square array, each row is divided by the sum of another. "
    "What does keepdims=True do?",
    change("sum(axis=axis, keepdims=True)", "sum(axis=axis)"),
)

minimum_subtracted = wrong(
    "You subtract the minimum, which makes the smallest score 0 and leaves the large ones large. It is the largest exponential that must not overflow: "
    "subtract the maximum.",
    change("scores.max", "scores.min"),
)


@wrong(
    "You return logarithms of weights. They are negative and their exponentials sum to one; the weights themselves are asked for."
)
def logarithms(scores, axis=-1):
    shifted = scores - scores.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


smallest_wins = wrong(
    "Your weights favour the smallest score: there is a minus sign too many before the scores, or the shift is turned around (maximum − scores).",
    change("scores - scores.max(axis=axis, keepdims=True)", "scores.min(axis, keepdims=True) - scores"),
)


@wrong("You take powers of two. The softmax has the base e: np.exp.")
def base_two(scores, axis=-1):
    exponentials = 2 ** (scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


sigmoid = wrong(
    "You squash each score by itself, as a sigmoid does. Weights compete: what one gains the others lose, because they are divided by their common sum.",
    change("exponentials / exponentials.sum(axis=axis, keepdims=True)", "1 / (1 + np.exp(-scores))"),
)


@wrong(
    "Your weights are all 0 but for the largest score's. That is a hard choice; a softmax gives every score its share."
)
def hard_choice(scores, axis=-1):
    return (scores == scores.max(axis=axis, keepdims=True)).astype(scores.dtype)


weights_in_float64 = wrong(
    "float32 goes in and float64 comes out: a conversion to float, a new np.zeros(…) or np.float64 number on the way lifts all that follows.",
    change("exponentials = np", "scores = np.array(scores, dtype=float)\nexponentials = np"),
)

changes_the_scores = wrong(
    "Your function changes the caller's scores in place (-= and /= write into the array itself). Make a new array instead.",
    change("exponentials = np", "scores -= scores.max(axis, keepdims=True)\nexponentials = np"),
)


@both(axis_ignored, overflow)
def overflow_on_the_last_axis(scores, axis=-1):
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@both(over_everything, overflow)
def overflow_over_everything(scores, axis=-1):
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum()


overflow_without_keepdims = both(keepdims_forgotten, overflow)

powers_of_two_overflow = both(
    base_two, overflow, change("np.exp(scores - scores.max(axis=axis, keepdims=True))", "2.0**scores")
)


@right()
def distribution_by_distribution(scores, axis=-1):
    def one(s):
        e = np.exp(s - max(s))
        return e / sum(e)

    return np.apply_along_axis(one, axis, scores)


@right()
def by_the_logarithm_of_the_sum(scores, axis=-1):
    largest = np.expand_dims(np.amax(scores, axis=axis), axis)
    log_sum = largest + np.log(np.exp(scores - largest).sum(axis=axis, keepdims=True))
    return np.exp(scores - log_sum)


@right()
def with_the_axis_moved_to_the_front(scores, axis=-1):
    front = np.moveaxis(scores, axis, 0)
    exponentials = np.exp(front - front.max(0))
    return np.moveaxis(exponentials / exponentials.sum(0), 0, axis)
