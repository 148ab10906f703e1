"""What people write for ``attention_entropy``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    weights = rng.dirichlet(np.ones(5), size=3)
    holes = weights * (rng.random((3, 5)) < 0.6) + np.array([0.2, 0, 0, 0, 0])
    holes /= holes.sum(1, keepdims=True)
    block = rng.dirichlet(np.ones(3), size=(2, 4)).swapaxes(1, 2).copy()
    return [
        Call(weights[0]),
        Call(weights),
        Call(np.array([0.0, 1.0, 0.0])),
        Call(holes),
        Call(rng.dirichlet(np.ones(4), size=4)),
        Call(block, 1),
        Call(weights.astype(np.float32)),
    ]


nats = wrong(
    "You take the natural logarithm, which gives nats: an even split over 8 things is 2.08. In bits it is 3, with the logarithm to the base 2.",
    change("np.log2", "np.log"),
)

zeros_give_nan = wrong(
    "A weight of exactly 0 makes your entropy NaN: log 0 is −∞ and 0 · (−∞) is not a number. By convention 0 · log 0 counts as 0: what may stand under the logarithm there?",
    change("np.log2(safe)", "np.log2(weights)"),
)


@wrong("Your entropy is negative: logarithms of weights are, and the formula has a minus sign in front.")
def minus_forgotten(weights, axis=-1):
    return (weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong("Your function ignores the axis that it is given and always runs along the last one.")
def last_axis_always(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=-1)


@wrong(
    "You get one number for the whole array. Each distribution has its own entropy: sum along the axis only. If you select by weights[weights > 0], that flattens the array; "
    "np.where keeps its shape."
)
def one_number_for_all(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum()


@wrong("You take the mean over the things. The weights are the average already, so the terms are added up.")
def mean_over_things(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).mean(axis=axis)


normalised_entropy = wrong(
    "You divide by log₂ n, so that an even split gives 1. That is the normalised entropy; here it is asked in bits.",
    change("sum(axis=axis)", "sum(axis) / math.log2(weights.shape[axis])"),
)


@wrong("You take the logarithm to the base 10. Bits count halvings: the base is 2.")
def base_ten(weights, axis=-1):
    return -(weights * np.log10(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong(
    "You replace NaN after the sum, so that one zero weight wipes out the entropy of its whole distribution. Only the term of the zero is 0."
)
def whole_sum_set_to_zero(weights, axis=-1):
    return np.nan_to_num(-(weights * np.log2(weights)).sum(axis=axis))


number_of_things = wrong(
    "You raise 2 to the entropy: the number of things that an even split would have. The entropy itself is asked for, in bits.",
    change("-(weights * np.log2(safe)).sum(axis=axis)", "2 ** (-(weights * np.log2(safe)).sum(axis))"),
)


@wrong("You return a term for each thing. The entropy of a distribution is their sum along the axis.")
def terms_not_added(weights, axis=-1):
    return -weights * np.log2(np.where(weights > 0, weights, 1))


logarithms_not_weighed = wrong(
    "You add up logarithms without their weights. Each logarithm counts as often as its thing is looked at: multiply by the weight.",
    change("weights * np", "np"),
)


@wrong("You keep the axis, with length 1. The entropies have the shape of the weights without that axis.")
def axis_kept(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis, keepdims=True)


epsilon_too_large = wrong(
    "The small number that you add under the logarithm is too large: it shifts every term. Something like 1e-12 would not be felt; choosing what stands there only where a weight is 0 is exact.",
    change("np.log2(safe)", "np.log2(weights + weights.dtype.type(1e-3))"),
)

entropy_in_float64 = wrong(
    "float32 goes in and float64 comes out: a conversion to float, or a new np.zeros(…), lifts all that follows. A buffer takes a dtype=.",
    change("safe = np.where(weights > 0, weights, 1)", "weights = np.array(weights, dtype=float)"),
    change("np.log2(safe)", "np.log2(np.where(weights > 0, weights, 1))"),
)

changes_the_weights = wrong(
    "Your function writes into the caller's weights, so that zeros are none any more after the call. Make a new array instead.",
    change("return", "weights[weights == 0] = 1\nreturn"),
)

nats_and_nan = both(nats, zeros_give_nan, change("np.log2(safe)", "np.log(weights)"))


@both(nats, minus_forgotten)
def negative_nats(weights, axis=-1):
    return (weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=axis)


@both(zeros_give_nan, one_number_for_all)
def one_nan_for_all(weights, axis=-1):
    return -(weights * np.log2(weights)).sum()


nan_on_the_last_axis = both(
    zeros_give_nan, last_axis_always, change("log2(safe)).sum(axis=axis)", "log2(weights)).sum(axis=-1)")
)


@right()
def logarithm_where_there_is_weight(weights, axis=-1):
    logs = np.zeros_like(weights)
    np.log2(weights, out=logs, where=weights > 0)
    return -np.sum(weights * logs, axis)


@right()
def sum_that_skips_nan(weights, axis=-1):
    return -np.nansum(weights * np.log(weights), axis=axis) / math.log(2)


@right()
def with_a_tiny_floor(weights, axis=-1):
    return np.sum(weights * -np.log2(np.maximum(weights, np.finfo(weights.dtype).tiny)), axis=axis)


@right()
def thing_by_thing(weights, axis=-1):
    bits = 0 * weights.sum(axis=axis)
    for part in np.moveaxis(weights, axis, 0):
        bits = bits + np.where(part > 0, part * np.log2(1 / np.where(part > 0, part, 1)), 0)
    return bits
