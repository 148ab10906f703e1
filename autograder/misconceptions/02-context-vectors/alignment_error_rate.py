"""What people write for ``alignment_error_rate``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def links(t, m):
        sure = rng.random((t, m)) < 0.3
        possible = sure | (rng.random((t, m)) < 0.4)
        return [rng.random((t, m)) < 0.5, sure, possible]

    none, one = np.zeros((3, 4), dtype=bool), np.zeros((3, 4), dtype=bool)
    one[1, 2] = True
    return [
        Call(*links(5, 7)),
        Call(*links(6, 4)),
        Call(*links(5, 5)),
        Call(none, none, none),
        Call(one, none, one),
    ]


one_minus_precision = wrong(
    "You return the share of predicted links that are not possible: one minus the precision. A prediction of one safe link would be perfect; the rate also counts the sure links that are missed.",
    change("sure).sum() + (predicted & possible)", "possible)"),
    change("links if links else", "predicted.sum() if predicted.any() else"),
)

one_minus_recall = wrong(
    "You return the share of sure links that are missed: one minus the recall. Whoever links everything with everything would be perfect; the rate also counts impossible links.",
    change("found / links if links else", "(predicted & sure).sum() / sure.sum() if sure.any() else"),
)

sure_links_only = wrong(
    "You compare with the sure links only, in both terms. A possible link does no harm: the second term intersects with the possible ones.",
    change("& possible", "& sure"),
)

possible_links_only = wrong(
    "You compare with the possible links only, in the numerator. A sure link that is found counts in both terms, so the first intersects with the sure ones.",
    change("(predicted & sure).sum() +", "2 *"),
)

one_minus_forgotten = wrong(
    "Your number is high where the alignment is good. An error rate is one minus that.",
    change("1 - found /", "found /"),
    change("0.0", "1.0"),
)

divided_by_possible = wrong(
    "You divide by the number of predicted and possible links. Possible links need not be found, so only the sure ones are counted below.",
    change("sure.sum", "possible.sum"),
)

possible_without_sure = wrong(
    "You take possible to mean “possible, but not sure”, and count a sure link once. The possible links contain the sure ones; a sure link that is found counts twice above, and twice below.",
    change(" & possible", " & possible & ~sure"),
)

nothing_over_nothing = wrong(
    "Where nothing is predicted and nothing is sure you divide 0 by 0. Nothing was to be found and nothing was wrong: the rate is 0 there.",
    change("/ links if links else 0.0", "/ (predicted.sum() + sure.sum())"),
)

differing_cells = wrong(
    "You return the share of cells in which prediction and sure links differ. Most cells are empty in both, so everything looks good; count links, not cells.",
    change("1 - found / links if links else 0.0", "(predicted != sure).mean()"),
)

mean_of_precision_and_recall = wrong(
    "You average precision and recall. The rate adds what was found, and divides by the sum of both sizes once.",
    change(
        "1 - found / links if links else 0.0",
        "1 - ((predicted & possible).sum() / max(predicted.sum(), 1) + (predicted & sure).sum() / max(sure.sum(), 1)) / 2",
    ),
)

divided_by_the_union = wrong(
    "You divide by the size of the union. The rate counts a link that is both predicted and sure twice, above and below.",
    change("= predicted.sum() + sure", "= (predicted | sure)"),
)


@wrong(
    "You return one number for each word of the translation. The links of the whole sentence are counted together."
)
def one_for_each_word(predicted, sure, possible):
    found = (predicted & sure).sum(1) + (predicted & possible).sum(1)
    return 1 - found / (predicted.sum(1) + sure.sum(1))


percentage = wrong(
    "You return a percentage. The rate lies between 0 and 1.",
    change("1 - found / links", "100 * (1 - found / links)"),
)

unions = wrong(
    "You unite where the formula intersects: | is the union of two sets, & their intersection.",
    change("predicted & sure", "predicted | sure"),
    change("& possible", "| possible"),
)


@wrong(
    "len of an array is the number of its rows, whatever stands in them. The number of links is the number of True: .sum() counts them."
)
def len_counts_rows(predicted, sure, possible):
    found = len(predicted & sure) + len(predicted & possible)
    return 1 - found / (len(predicted) + len(sure))


f_measure = wrong(
    "You return one minus the F-measure, the harmonic mean of precision and recall. It is close to the rate where all sure links are the possible ones, and another number otherwise.",
    change("links = predicted.sum() + sure", "precision = (predicted & possible).sum() / predicted"),
    change("+ (predicted & possible)", "/ sure"),
    change("1 - found / links if links else 0.0", "1 - 2 * precision * found / (precision + found)"),
)

sure_links_only_over_nothing = both(sure_links_only, nothing_over_nothing)


@both(one_minus_forgotten, nothing_over_nothing)
def accuracy_over_nothing(predicted, sure, possible):
    found = (predicted & sure).sum() + (predicted & possible).sum()
    return found / (predicted.sum() + sure.sum())


possible_without_sure_over_nothing = both(possible_without_sure, nothing_over_nothing)


@right()
def with_sets(predicted, sure, possible):
    A, S, P = ({tuple(link) for link in np.argwhere(part).tolist()} for part in (predicted, sure, possible))
    if not A and not S:
        return 0
    return 1 - (len(A & S) + len(A & P)) / (len(A) + len(S))


@right()
def link_by_link(predicted, sure, possible):
    right = total = 0
    for a, s, p in zip(predicted.ravel(), sure.ravel(), possible.ravel(), strict=True):
        total += int(a) + int(s)
        right += int(a and s) + int(a and p)
    return 0.0 if total == 0 else (total - right) / total


@right()
def from_precision_and_recall(predicted, sure, possible):
    size, wanted = np.count_nonzero(predicted), np.count_nonzero(sure)
    if size + wanted == 0:
        return 0.0
    precision = np.count_nonzero(np.logical_and(predicted, possible)) / max(size, 1)
    recall = np.count_nonzero(np.logical_and(predicted, sure)) / max(wanted, 1)
    return 1 - (precision * size + recall * wanted) / (size + wanted)
