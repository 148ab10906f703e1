"""What people write for ``coverage_penalty``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def weights(b, t, n, dtype=np.float64):
        return torch.from_numpy(rng.dirichlet(np.ones(n), size=(b, t)).astype(dtype))

    return [
        *(Call(weights(*sizes)) for sizes in ((2, 3, 5), (4, 6, 3), (3, 3, 3), (1, 2, 4), (5, 1, 6))),
        Call(weights(2, 4, 3, np.float32)),
    ]


summed_over_regions = wrong(
    "You add over the regions first. The weights of one word always add up to 1, so that your penalty is 0 whatever the decoder does; it is over the words that a region collects.",
    change("1 - received", "1 - alphas.sum(2)"),
)

squared_word_by_word = wrong(
    "You square before the words are added up: each word by itself would have to look at every region with weight 1. A region may collect its 1 over several words.",
    change("1 - received", "1 - alphas"),
    change("sum(dim=1).", "sum(dim=(1, 2))."),
)


@wrong("You average over the regions, too. The formula adds them up; the mean is over the pictures only.")
def mean_over_regions(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).mean()


@wrong("You add up over the pictures. Then the penalty grows with the batch; take their mean.")
def summed_over_batch(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).sum()


magnitudes = wrong(
    "You take the magnitude of the difference. The formula squares it, so that one region far off weighs more than many a little off.",
    change("(1 - received) ** 2", "(1 - received).abs()"),
)


@wrong("A penalty for each picture comes back. A loss is one number: take the mean over the batch.")
def one_for_each_picture(alphas):
    return ((1 - alphas.sum(dim=1)) ** 2).sum(dim=1)


no_target = wrong(
    "You square what a region has received, without the 1. That asks the decoder to look nowhere twice; the formula asks for a total of 1 everywhere.",
    change("1 - received", "received"),
)

even_share = wrong(
    "Your target is an even share of the words, T/L. It is more sensible than it sounds, since T words hand out T in all; but the formula of Xu and others asks each region to receive 1.",
    change("received = alphas.sum(dim=1)", "(_, words, regions) = alphas.shape"),
    change("1 - received", "words / regions - alphas.sum(1)"),
)

squared_at_the_end = wrong(
    "You square after adding up the regions: one that received too much then makes up for another that was never seen. Each region has a square of its own.",
    change(" ** 2).sum(dim=1)", ".sum(1) ** 2)"),
)

python_number = wrong(
    "A Python number comes back. It is cut off from the weights, and a loss must lead back to them; return the tensor.",
    change("dim=1).mean()", "1).mean().item()"),
)

mean_over_words = wrong(
    "You average over the words. A region collects weight from word to word, and should have received a total of 1.",
    change("alphas.sum", "alphas.mean"),
)

distance = wrong(
    "You take a root of each picture's sum, which makes it a distance. The formula has the sum of squares itself.",
    change("((1 - received) ** 2).sum", "(1 - received).norm"),
)

too_little_only = wrong(
    "Only regions that received too little count in your penalty. Those that received more than 1 are as far from the target.",
    change("1 - received", "(1 - received).clamp(min=0)"),
)

too_much_only = wrong(
    "Only regions that received too much count in your penalty. What was never looked at is the very thing that it should notice.",
    change("1 - received", "(received - 1).clamp(min=0)"),
)

halved = wrong(
    "There is a ½ in your penalty that the formula does not have.", change("dim=1).mean()", "1).mean() / 2")
)

mean_magnitude = both(
    mean_over_regions, magnitudes, change("((1 - received) ** 2).sum(dim=1)", "(1 - received).abs()")
)

summed_magnitudes = both(
    summed_over_batch, magnitudes, change("((1 - received) ** 2).sum(dim=1).mean", "(1 - received).abs().sum")
)


@right()
def over_the_batch(alphas):
    return (alphas.sum(1) - 1).pow(2).sum() / len(alphas)


with_einsum_of_words = right(
    change("received = alphas.sum(dim=1)", 'missing = 1 - torch.einsum("btl->bl", alphas)'),
    change("((1 - received) ** 2).sum(dim=1)", 'torch.einsum("bl,bl->b", missing, missing)'),
)


@right()
def word_after_word(alphas):
    received = torch.zeros_like(alphas[:, 0])
    for t in range(alphas.shape[1]):
        received = received + alphas[:, t]
    return torch.mean(torch.sum(torch.square(torch.ones_like(received) - received), dim=-1))
