"""What people write for ``expected_location``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def attention(height, width):
        return rng.dirichlet(np.full(height * width, 0.4)).reshape(height, width)

    single = np.zeros((3, 6))
    single[2, 1] = 1.0
    return [Call(attention(4, 7)), Call(attention(6, 3)), Call(attention(5, 5)), Call(single)]


@wrong(
    "You return the place with the largest weight. Everything else then has no say; average the row and column numbers of all places, each with its weight."
)
def largest_weight(weights):
    row, col = np.unravel_index(weights.argmax(), weights.shape)
    return float(row), float(col)


@wrong("You return the column before the row, x before y. Rows come first, as in an index.")
def column_first(weights):
    rows, cols = np.indices(weights.shape)
    return (weights * cols).sum(), (weights * rows).sum()


@wrong("You count rows and columns from 1. Indices count from 0, so the point should be one less in both.")
def counted_from_one(weights):
    rows, cols = np.indices(weights.shape)
    return (weights * (rows + 1)).sum(), (weights * (cols + 1)).sum()


mean_of_the_weighted = wrong(
    "You take the mean over the places after you have weighed them, which divides by their number once more. The weights sum to one: add up.",
    change("(weights * rows).sum", "(weights * rows).mean"),
    change("(weights * cols).sum", "(weights * cols).mean"),
)

middle_of_the_map = wrong(
    "You return the middle of the map, whatever the weights are. They must enter: a place with more weight pulls more.",
    change("(weights * rows).sum(), (weights * cols).sum()", "rows.mean(), cols.mean()"),
)


@wrong("You round to whole pixels. The mean of places may fall between them.")
def rounded(weights):
    rows, cols = np.indices(weights.shape)
    return float(round((weights * rows).sum())), float(round((weights * cols).sum()))


@wrong(
    "Your point is a share of the map's height and width, between 0 and 1. Rows and columns are asked for, in pixels."
)
def share_of_the_map(weights):
    rows, cols = np.indices(weights.shape)
    height, width = weights.shape
    return (weights * rows).sum() / (height - 1), (weights * cols).sum() / (width - 1)


@wrong(
    "Your sums run over the wrong axis: weights.sum(0) adds up the rows and leaves a distribution over columns. It fits the row numbers only where the map is square."
)
def marginals_exchanged(weights):
    height, width = weights.shape
    return weights.sum(0) @ np.arange(height), weights.sum(1) @ np.arange(width)


@wrong(
    "You look for the heaviest row and the heaviest column. A mean takes all of them into account, each row number with the weight of its row."
)
def heaviest_row_and_column(weights):
    return float(weights.sum(1).argmax()), float(weights.sum(0).argmax())


@wrong("You return an array with two numbers in it. A tuple is expected, (row, col).")
def array_of_two(weights):
    rows, cols = np.indices(weights.shape)
    return np.array([(weights * rows).sum(), (weights * cols).sum()])


all_that_have_weight = wrong(
    "You average the places that have any weight at all, each with the same say. A place with more weight pulls more.",
    change("np.indices(weights.shape)", "np.nonzero(weights > 1e-3)"),
    change("(weights * rows).sum(), (weights * cols).sum()", "rows.mean(), cols.mean()"),
)


@wrong("You return one number for each row and for each column: the products are still to be added up.")
def one_for_each_row(weights):
    return weights.sum(1) * np.arange(weights.shape[0]), weights.sum(0) * np.arange(weights.shape[1])


@both(column_first, counted_from_one)
def column_first_from_one(weights):
    rows, cols = np.indices(weights.shape)
    return (weights * (cols + 1)).sum(), (weights * (rows + 1)).sum()


@both(largest_weight, column_first)
def column_of_the_largest_first(weights):
    row, col = np.unravel_index(weights.argmax(), weights.shape)
    return float(col), float(row)


@both(array_of_two, column_first)
def array_column_first(weights):
    rows, cols = np.indices(weights.shape)
    return np.array([(weights * cols).sum(), (weights * rows).sum()])


@right()
def from_marginals(weights):
    height, width = weights.shape
    return float(weights.sum(axis=1) @ np.arange(height)), float(np.arange(width) @ weights.sum(axis=0))


@right()
def pixel_by_pixel(weights):
    row = col = 0.0
    for r in range(weights.shape[0]):
        for c in range(weights.shape[1]):
            row += weights[r, c] * r
            col += weights[r, c] * c
    return row, col


@right()
def average_over_a_mesh(weights):
    cols, rows = np.meshgrid(np.arange(weights.shape[1]), np.arange(weights.shape[0]))
    return np.average(rows, weights=weights), np.average(cols, weights=weights)
