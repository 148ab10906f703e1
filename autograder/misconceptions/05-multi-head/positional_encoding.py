"""What people write for ``positional_encoding``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    return [Call(7, 6), Call(4, 4), Call(30, 10), Call(1, 2), Call(3, 5, raises=ValueError)]


half_and_half = wrong(
    "All sines stand first and all cosines behind them. Many programs do so and train as well, but it is not the formula: sine and cosine of one angle are neighbours.",
    change(
        "np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(n, d)",
        "np.concatenate([np.sin(angle), np.cos(angle)], axis=-1)",
    ),
)

cosine_first = wrong(
    "Sine and cosine are the wrong way round: the sine has the even features, counted from zero, so position 0 begins with 0.",
    change("sin(angle), np.cos", "cos(angle), np.sin"),
)

wavelengths_doubled = wrong(
    "Your exponent is i/d, with i counting pairs: it ends near one half, and the slowest feature turns up to a hundred times too fast. In 2i/d the 2i is the number of the even feature itself.",
    change("np.arange(0, d, 2)", "np.arange(d // 2)"),
)

angle_for_each_feature = wrong(
    "Every feature of yours has an angle of its own. Sine and cosine come in pairs of one angle, and only so does a shift of the position become a rotation.",
    change("np.arange(0, d, 2)", "np.arange(d)"),
    change(
        "np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(n, d)",
        "np.where(np.arange(d) % 2 == 0, np.sin(angle), np.cos(angle))",
    ),
)

doubled_twice = wrong(
    "The 2 in your exponent is counted twice: where i runs over the even features 0, 2, 4, … it is the formula's 2i already. Your exponent runs to nearly 2, and the slower half of the features hardly turns at all.",
    change("np.arange(0, d, 2)", "2 * np.arange(0, d, 2)"),
)

i_counts_features = wrong(
    "Your exponent doubles the number of the feature itself, so that each feature has an angle of its own, and the later ones hardly turn at all. In the formula i counts pairs: the features 2i and 2i + 1 share one angle.",
    change("np.arange(0, d, 2)", "2 * np.arange(d)"),
    change(
        "np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(n, d)",
        "np.where(np.arange(d) % 2 == 0, np.sin(angle), np.cos(angle))",
    ),
)

multiplied_by_the_wavelength = wrong(
    "You multiply the position by the power of 10000 where the formula divides. The later features should turn more slowly, not faster.",
    change("/ 10000", "* 10000"),
)

counts_from_one = wrong(
    "Your positions count from one. Position 0 has the angle 0 in all features, and is (0, 1, 0, 1, …).",
    change("np.arange(n)", "np.arange(1, n + 1)"),
)

axes_exchanged = wrong(
    "Your rows are features and your columns positions. A position is a row, to be added to the row of its word.",
    change("reshape(n, d)", "reshape(n, d).T"),
)

sines_alone = wrong(
    "There are only sines, each twice. One sine does not tell rising from falling: the cosine beside it does.",
    change("np.cos", "np.sin"),
)

odd_width_accepted = wrong(
    "An odd width passes without an error. The last sine would stand there without its cosine; the statement asks for a ValueError.",
    change("if d % 2:", "if False:"),
    change("reshape(n, d)", "reshape(n, -1)[:, :d]"),
)

thousand_for_ten_thousand = wrong(
    "Your longest wavelength is off by a factor of ten: the base is 10000. Count its zeros.",
    change("10000", "1000"),
)

degrees = wrong(
    "Your angles are converted from degrees to radians. NumPy's sine takes radians, and t is one already: neighbours are one radian apart in the fastest feature.",
    change("np.arange(n)", "np.deg2rad(np.arange(n))"),
)

with_a_batch = wrong(
    "Your encoding has an axis of length 1 for the batch. It is one table for all sequences; broadcasting puts that axis in front by itself.",
    change("reshape(n, d)", "reshape(n, d)[None]"),
)

scaled_to_one = wrong(
    "Your positions are divided by the length, so that the last is near 1. Then the same place looks different in a longer text; t is counted, not normalised.",
    change("[:, None]", "[:, None] / n"),
)

encoding_in_half_the_type = wrong(
    "Your table is float32. Nothing of that precision came in here, and float64 is asked for.",
    change("reshape(n, d)", "reshape(n, d).astype(np.float32)"),
)

halves_from_one = both(half_and_half, counts_from_one)


@wrong(
    "An odd width ends in an IndexError: your last cosine has no place. The caller cannot know what your loop was doing; say at the start, by a ValueError, what is wrong with d."
)
def odd_width_overruns(n, d):
    table = np.zeros((n, d))
    for t in range(n):
        for i in range(0, d, 2):
            table[t, i] = math.sin(t / 10000 ** (i / d))
            table[t, i + 1] = math.cos(t / 10000 ** (i / d))
    return table


@both(doubled_twice, odd_width_overruns)
def doubled_and_overrun(n, d):
    table = np.zeros((n, d))
    for t in range(n):
        for i in range(0, d, 2):
            table[t, i] = math.sin(t / 10000 ** (2 * i / d))
            table[t, i + 1] = math.cos(t / 10000 ** (2 * i / d))
    return table


@both(i_counts_features, odd_width_accepted)
def features_counted_odd_too(n, d):
    table = np.zeros((n, d))
    for t in range(n):
        for i in range(d):
            angle = t / 10000 ** (2 * i / d)
            table[t, i] = math.cos(angle) if i % 2 else math.sin(angle)
    return table


cosine_first_odd = both(cosine_first, odd_width_accepted)


@right()
def filled_in(n, d):
    if d % 2 == 1:
        raise ValueError("odd")
    out = np.zeros((n, d))
    rate = np.exp(-np.arange(0, d, 2) * math.log(10000.0) / d)
    out[:, 0::2] = np.sin(np.outer(np.arange(n), rate))
    out[:, 1::2] = np.cos(np.outer(np.arange(n), rate))
    return out


number_by_number = right(
    change("if d % 2:", "if d & 1:"),
    change(
        "angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)",
        "table = [[(math.cos if j % 2 else math.sin)(t / 10000 ** (j // 2 * 2 / d)) for j in range(d)] for t in range(n)]",
    ),
    change("np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(n, d)", "np.array(table)"),
)

of_a_complex_number = right(
    change(
        "np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(n, d)",
        "np.exp(1j * angle).view(np.float64).reshape(n, d)[:, np.arange(d) ^ 1]",
    )
)
