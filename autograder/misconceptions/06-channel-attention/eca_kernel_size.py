"""What people write for ``eca_kernel_size``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    some = [int(c) for c in rng.integers(3, 3000, size=4)]
    return [
        *(Call(c) for c in (1, 4, 8, 64, 256, 512, 1000, 2048, *some)),
        *(Call(64, 1, 0), Call(128, 1, 0), Call(100, 3, 4), Call(48, 1.5, -3), Call(16, 2, -9)),
        *(Call(100, 0.7, 2), Call(320, 0.7, 1)),
    ]


natural_logarithm = wrong(
    "Your logarithm is the natural one. The formula counts doublings of the channels, which is the logarithm to the base 2.",
    change("math.log2", "math.log"),
)

decimal_logarithm = wrong(
    "Your logarithm has the base 10. The formula counts doublings of the channels, which is the logarithm to the base 2.",
    change("math.log2", "math.log10"),
)

rounded = wrong(
    "You round t. Cut it instead: 3.5 is nearer to 3 than to 5 among the odd numbers, and rounding makes 4 of it first.",
    change("int", "round"),
)

rounded_up = wrong(
    "You round t up. Cut it instead: 3.5 is nearer to 3 than to 5 among the odd numbers.",
    change("int", "math.ceil"),
)

left_even = wrong(
    "Some of your sizes are even. An even kernel has no middle to stand on its own channel, and the row of gates would change its length.",
    change("t if t % 2 else t + 1", "int(abs((math.log2(channels) + b) / gamma))"),
)

one_less_if_even = wrong(
    "Where t is even you take the odd number below. After cutting, the real t lies at or above the even number, so the one above is nearer.",
    change("t + 1", "t - 1"),
)

a_float = wrong(
    "A float comes back. The size of a kernel counts neighbours, and nn.Conv1d accepts whole numbers only.",
    change("int(abs((math.log2(channels) + b) / gamma))", "abs((math.log2(channels) + b) / gamma) // 1"),
)

b_not_divided = wrong(
    "You add b after dividing. In the paper's formula gamma divides both, the logarithm and b.",
    change("(math.log2(channels) + b) / gamma", "math.log2(channels) / gamma + b"),
)

gamma_multiplies = wrong(
    "You multiply by gamma. A larger gamma means a smaller reach: it divides.", change("/ gamma", "* gamma")
)


@wrong("You add one in any case, so that odd numbers become even. Only an even number needs mending.")
def always_one_more(channels, gamma=2, b=1):
    return int(abs((math.log2(channels) + b) / gamma)) + 1


no_logarithm = wrong(
    "You left out the logarithm: the kernel grows with the channels themselves and soon spans all of them. It should hardly grow.",
    change("math.log2(channels)", "channels"),
)

arguments_ignored = wrong(
    "Your function does not look at gamma and b; it has the defaults' values built in. What a caller hands over must count.",
    change("(math.log2(channels) + b) / gamma", "(math.log2(channels) + 1) / 2"),
)

always_three = wrong(
    "You return 3 whatever the channels are. A block with more channels is to reach further, by the logarithm of their number.",
    change("t if t % 2 else t + 1", "3"),
)

without_magnitude = wrong(
    "A negative b can make your size negative. The formula has bars around the fraction: its magnitude counts.",
    change("abs((math.log2(channels) + b) / gamma)", "(math.log2(channels) + b) / gamma"),
)

reach_to_each_side = wrong(
    "You take t for the reach to each side, and make 2t + 1 of it. In the formula t is the length of the whole kernel.",
    change("t if t % 2 else t + 1", "2 * int(abs((math.log2(channels) + b) / gamma)) + 1"),
)

three_at_least = wrong(
    "You do not let the kernel become shorter than 3. For few channels the formula gives 1: then each gate hears its own channel only.",
    change("t if t % 2 else t + 1", "max(3, t if t % 2 else t + 1)"),
)

roles_exchanged = wrong(
    "gamma and b have changed places in your formula. One is added to the logarithm, and the sum is divided by the other.",
    change("(math.log2(channels) + b) / gamma", "(math.log2(channels) + gamma) / (b or 1)"),
)

odd_raised = wrong(
    "Your test for odd and even is turned round: odd numbers are raised to even ones. What is t % 2 of an odd t?",
    change("return t", "return t + 1"),
    change("t + 1", "t"),
)

b_subtracted = wrong(
    "You subtract b. It is subtracted where the authors write C in terms of k; solved for k, it is added.",
    change("log2(channels) +", "log2(channels) -"),
)

cut_too_early = wrong(
    "You cut the logarithm before anything else is done. Cut once, at the end: what stands behind the point can still tip t over.",
    change("math.log2(channels)", "int(math.log2(channels))"),
)


@both(natural_logarithm, left_even)
def natural_and_even(channels, gamma=2, b=1):
    return int(abs((math.log(channels) + b) / gamma))


rounded_and_even = both(
    rounded, left_even, change("t if t % 2 else t + 1", "round(abs((math.log2(channels) + b) / gamma))")
)

rounded_without_magnitude = both(rounded, without_magnitude)


@both(natural_logarithm, without_magnitude)
def natural_without_magnitude(channels, gamma=2, b=1):
    t = int((math.log(channels) + b) / gamma)
    return t if t % 2 else t + 1


@right()
def last_bit_set(channels, gamma=2, b=1):
    return int(abs((math.log2(channels) + b) / gamma)) | 1


halved_and_doubled = right(
    change("int(abs((math.log2(channels) + b) / gamma))", "abs(math.log2(channels) / gamma + b / gamma)"),
    change("t if t % 2 else t + 1", "2 * int(t // 2) + 1"),
)


@right()
def with_numpy(channels, gamma=2, b=1):
    t = int(np.floor(np.abs((np.log2(channels) + b) / gamma)))
    if t % 2 == 0:
        t += 1
    return t
