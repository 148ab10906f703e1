"""What people write for ``scanpath``."""

from autograder.answers.bank import Call, again, both, change, right, wrong


def probes(rng):
    smooth = gaussian_blur(rng.normal(size=(10, 13)), 1.0)
    rim = np.zeros((9, 11))
    for place, value in {(4, 5): 9, (4, 8): 8, (2, 3): 7, (7, 7): 6, (1, 5): 5, (0, 0): 4, (0, 1): 3}.items():
        rim[place] = value
    return [
        Call(smooth, 5, 2.3),
        Call(smooth - 9, 4, 3),
        Call(rim, 4, 3),
        Call(np.full((5, 7), -1.0), 5, 1),
        Call(rng.permutation(64.0 * np.ones(64) + np.arange(64)).reshape(8, 8), 6, 1),
        Call(rng.integers(-5, 3, size=(6, 9)), 4, 2),
        Call(rng.random((1, 12)), 3, 1),
    ]


no_inhibition = wrong(
    "Your eyes never leave the first place: nothing is suppressed after a fixation. Shut the disc around it out before you look for the next.",
    change("np.array(path)", "np.array([np.unravel_index(saliency.argmax(), saliency.shape)] * n_fixations)"),
)

columns_first = wrong(
    "You return columns before rows, x before y. Arrays are indexed by the row first, and so is each fixation here.",
    change("(row, col)", "(col, row)"),
)

square = wrong(
    "You suppress a square. Its corners lie √2 times as far away as its sides; a disc ends at the same distance in all directions.",
    change(
        "(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2",
        "(abs(rows - row) <= inhibition_radius) & (abs(cols - col) <= inhibition_radius)",
    ),
)

diamond = wrong(
    "You add up the distances in rows and in columns, and suppress a diamond. The distance in the plane is the root of the sum of their squares.",
    change("(rows - row) ** 2 + (cols - col) ** 2", "abs(rows - row) + abs(cols - col)"),
    change("**2", ""),
)

rim_left_out = wrong(
    "A place exactly at the radius is not suppressed in your function. “At most” includes the rim: <=, not <.",
    change("2 <=", "2 <"),
)

radius_not_squared = wrong(
    "You compare the squared distance with the radius itself, so your disc is too small. Square both, or neither.",
    change("**2", ""),
)

only_the_place = wrong(
    "You suppress the place itself and ignore the radius, so the next fixations crowd around the first. The whole disc is shut out.",
    change("(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2", "row, col"),
)

forgets_the_earlier = wrong(
    "Each fixation forgets the ones before the last: you suppress in a fresh copy every time, so the eyes go back and forth. "
    "One copy, made before the loop, remembers all.",
    change(
        "left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np",
        "left = np.array(saliency, dtype=float)\n"
        "left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np",
    ),
)

suppressed_to_zero = wrong(
    "You suppress by writing 0. Where a map has negative values, 0 is the most attractive of all, and the eyes return to where they have been. "
    "What lies below every number?",
    change("= -np.inf", "= 0"),
)

suppressed_to_the_minimum = wrong(
    "You suppress by writing the map's minimum. Where other places have that value too, a suppressed one can win again. What lies below every number?",
    change("= -np.inf", "= saliency.min()"),
)


@wrong(
    "You cut a square out by slices that begin at row − radius, which is negative near the border; a negative index counts from the other end, the slice is "
    "empty, and nothing is suppressed. And a disc is not a square."
)
def slices_below_zero(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    reach = int(inhibition_radius)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[row - reach : row + reach + 1, col - reach : col + reach + 1] = -np.inf
    return np.array(path)


flat_numbers = wrong(
    "You return where the winners lie in the flattened map, one number each. np.unravel_index, or divmod by the width, makes a row and a column of it.",
    change("row, col = np", "path.append(left.argmax())\nrow, col = np"),
    change("path.append((row, col))", ""),
)

last_of_equals = wrong(
    "Of equally large values you take the last. The rule is the first in reading order, as argmax has it; a sort that is "
    "turned around, or >= in a loop, takes the last.",
    change("left.argmax", "left.size - 1 - left.ravel()[::-1].argmax"),
)

least_salient = wrong(
    "You take the smallest value. The eyes go where saliency is largest: argmax.",
    change("left.argmax", "left.argmin"),
    change("= -np.inf", "= np.inf"),
)

radius_for_diameter = wrong(
    "You take the radius for a diameter: your disc is half as wide. A place is shut out up to the radius, on every side.",
    change("(rows - row) ** 2 + (cols - col) ** 2", "np.hypot(rows - row, cols - col)"),
    change("**2", "/2"),
)

path_of_floats = wrong(
    "Your path is right, but it comes back as floating-point numbers. Rows and columns are there to index with, and a float cannot: np.zeros needs dtype=int.",
    change("path = []", "path = np.zeros((n_fixations, 2))"),
    change("_ in range", "i in range"),
    change("row, col = np", "row, col = path[i] = np"),
    change("path.append((row, col))", ""),
)

holes_in_the_callers_map = wrong(
    "Your function suppresses places in the caller's own map: after the call it has holes. Work on a copy.",
    change("left.argmax(), left", "saliency.argmax(), saliency"),
    change(
        "left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2]",
        "saliency[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2]",
    ),
    change("np.inf", 'np.inf if saliency.dtype.kind == "f" else -(10**9)'),
)

list_of_pairs = wrong(
    "You return a list of pairs. The path should be an array of shape (n_fixations, 2): np.array(path).",
    change(
        "np.unravel_index(left.argmax(), left.shape)",
        "(int(i) for i in np.unravel_index(left.argmax(), left.shape))",
    ),
    change("np.array(path)", "path"),
)


@again(slices_below_zero)
def slices_of_a_whole_radius(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    path, reach = [], inhibition_radius
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[row - reach : row + reach + 1, col - reach : col + reach + 1] = -np.inf
    return np.array(path)


@both(slices_below_zero, suppressed_to_zero)
def slices_of_zeros(saliency, n_fixations, inhibition_radius):
    left = saliency.copy()
    path, reach = [], inhibition_radius
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[row - reach : row + reach + 1, col - reach : col + reach + 1] = 0
    return np.array(path)


rows_and_columns_apart = wrong(
    "Your path lies on its side: all rows first, then all columns. One line a fixation is expected, its row and its column.",
    change("np.array(path)", "np.array(path).T"),
)

largest_values_on_their_side = both(only_the_place, rows_and_columns_apart)

list_of_pairs_rim_left_out = both(list_of_pairs, rim_left_out)

square_columns_first = both(columns_first, square)

square_of_zeros = both(square, suppressed_to_zero)

zeros_columns_first = both(columns_first, suppressed_to_zero)

rim_left_out_of_zeros = both(rim_left_out, suppressed_to_zero)


@right()
def best_first_if_far_enough(saliency, n_fixations, inhibition_radius):
    width = saliency.shape[1]
    path = []
    for number in np.argsort(-saliency.ravel(), kind="stable"):
        row, col = divmod(int(number), width)
        if all(math.dist((row, col), seen) > inhibition_radius for seen in path):
            path.append((row, col))
        if len(path) == n_fixations:
            break
    return np.array(path)


@right()
def place_by_place(saliency, n_fixations, inhibition_radius):
    shut, path = set(), np.zeros((n_fixations, 2), dtype=int)
    for i in range(n_fixations):
        best = None
        for row in range(saliency.shape[0]):
            for col in range(saliency.shape[1]):
                if (row, col) not in shut and (best is None or saliency[row, col] > saliency[best]):
                    best = row, col
        path[i] = best
        for row in range(saliency.shape[0]):
            for col in range(saliency.shape[1]):
                if ((row - best[0]) ** 2 + (col - best[1]) ** 2) ** 0.5 <= inhibition_radius:
                    shut.add((row, col))
    return path


@right()
def with_a_masked_array(saliency, n_fixations, inhibition_radius):
    left = np.ma.array(saliency, copy=True)
    grid = np.ogrid[: left.shape[0], : left.shape[1]]
    path = []
    for _ in range(n_fixations):
        path.append(np.argwhere((left == left.max()).filled(False))[0])
        left[np.hypot(grid[0] - path[-1][0], grid[1] - path[-1][1]) <= inhibition_radius] = np.ma.masked
    return np.stack(path)
