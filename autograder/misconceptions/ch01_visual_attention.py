"""What people write for 01-visual-attention.  See ``autograder.answers.bank`` for how an entry works.

The hint says what was misunderstood and what to think about, not what to type.
"""

import math

import numpy as np

from autograder.answers import assignment
from autograder.answers.bank import Call, probes, right, wrong

_given = assignment.load("01-visual-attention").namespace
gaussian_blur, softmax = _given["gaussian_blur"], _given["softmax"]

# ---------------------------------------------------------------- center_surround


@probes("center_surround")
def blob_probes(rng):
    image = rng.normal(size=(11, 14))
    return [
        Call(image, 0.8, 2.0),
        Call(4 * image + 9, 1.3, 2.6),
        Call(rng.random((9, 9)), 1.1, 1.9),
        Call(image.astype(np.float32), 0.8, 2.0),
    ]


@wrong(
    "center_surround",
    "Your response has a sign: it is negative where a place is darker than its surroundings. A dark spot pops out as much "
    "as a bright one; what counts is the magnitude.",
)
def signed(image, center_sigma, surround_sigma):
    return gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma)


@wrong(
    "center_surround",
    "You keep what is brighter than its surroundings and set the rest to 0. Half of what stands out is darker: take the "
    "magnitude instead of cutting off.",
)
def only_the_bright(image, center_sigma, surround_sigma):
    return np.maximum(gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma), 0)


@wrong(
    "center_surround",
    "You keep what is darker than its surroundings and set the rest to 0: surround minus centre, cut off. Bright places stand out as "
    "well; take the magnitude.",
)
def only_the_dark(image, center_sigma, surround_sigma):
    return np.maximum(gaussian_blur(image, surround_sigma) - gaussian_blur(image, center_sigma), 0)


@wrong(
    "center_surround",
    "You square the difference. That, too, is positive, but twice the contrast then gives four times the response; the bars "
    "in the formula are the magnitude.",
)
def squared(image, center_sigma, surround_sigma):
    return (gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma)) ** 2


@wrong(
    "center_surround",
    "You compare the image itself with the surround, so that a single noisy pixel counts in full. The centre is an average too, "
    "over a narrower Gaussian: blur with center_sigma first.",
)
def centre_not_blurred(image, center_sigma, surround_sigma):
    return np.abs(image - gaussian_blur(image, surround_sigma))


@wrong(
    "center_surround",
    "You compare the centre with the image itself: center_sigma is used and surround_sigma is not. The surround is a wider average.",
)
def surround_not_blurred(image, center_sigma, surround_sigma):
    return np.abs(gaussian_blur(image, center_sigma) - image)


@wrong(
    "center_surround",
    "Your surround is a blur of the centre, which is blurred already: the widths add up, σ² = σ_c² + σ_s². Both blurs start from the image.",
)
def surround_of_the_centre(image, center_sigma, surround_sigma):
    center = gaussian_blur(image, center_sigma)
    return np.abs(center - gaussian_blur(center, surround_sigma))


@wrong(
    "center_surround",
    "You hand σ² to gaussian_blur. It wants the standard deviation itself, in pixels; the square is inside.",
)
def variance_for_sigma(image, center_sigma, surround_sigma):
    return np.abs(gaussian_blur(image, center_sigma**2) - gaussian_blur(image, surround_sigma**2))


@wrong(
    "center_surround",
    "You divide the centre by the surround. The response should not change when a lamp raises all pixels alike, and a ratio does; "
    "subtract.",
)
def ratio(image, center_sigma, surround_sigma):
    return np.abs(gaussian_blur(image, center_sigma) / gaussian_blur(image, surround_sigma))


@wrong(
    "center_surround",
    "You scale the map so that its largest value is 1. An image without contrast then looks as salient as any other; "
    "bringing maps to a common range comes later, when several are added.",
)
def scaled_to_one(image, center_sigma, surround_sigma):
    response = np.abs(gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma))
    return response / response.max()


@wrong(
    "center_surround",
    "You take the magnitude of each blur before you subtract, which changes nothing in them where pixels are positive. The bars stand around the difference.",
)
def magnitude_of_each(image, center_sigma, surround_sigma):
    return np.abs(gaussian_blur(image, center_sigma)) - np.abs(gaussian_blur(image, surround_sigma))


@wrong(
    "center_surround",
    "You add the two blurs. What they have in common, the brightness, should cancel: subtract.",
)
def blurs_added(image, center_sigma, surround_sigma):
    return np.abs(gaussian_blur(image, center_sigma) + gaussian_blur(image, surround_sigma))


@wrong(
    "center_surround",
    "float32 goes in and float64 comes out: a conversion to float, or a new np.zeros(…), lifts all that follows. "
    "The given blur keeps the dtype.",
)
def response_in_float64(image, center_sigma, surround_sigma):
    image = np.array(image, dtype=float)
    return np.abs(gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma))


@wrong(
    "center_surround",
    "Your function changes the caller's image in place (-=, /= and *= write into the array itself). Make a new array instead.",
)
def changes_the_image(image, center_sigma, surround_sigma):
    image -= image.mean()
    return np.abs(gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma))


@wrong("center_surround", None, also=("signed", "centre_not_blurred"))
def signed_centre_not_blurred(image, center_sigma, surround_sigma):
    return image - gaussian_blur(image, surround_sigma)


@wrong("center_surround", None, also=("signed", "surround_of_the_centre"))
def signed_surround_of_the_centre(image, center_sigma, surround_sigma):
    center = gaussian_blur(image, center_sigma)
    return center - gaussian_blur(center, surround_sigma)


@wrong("center_surround", None, also=("squared", "variance_for_sigma"))
def squared_with_variances(image, center_sigma, surround_sigma):
    return (gaussian_blur(image, center_sigma**2) - gaussian_blur(image, surround_sigma**2)) ** 2


@wrong(
    "center_surround",
    "You blur once, by the difference of the two sigmas. Widths of Gaussians do not subtract like that; blur twice, and subtract the images.",
)
def one_blur_by_the_difference(image, center_sigma, surround_sigma):
    return np.abs(image - gaussian_blur(image, surround_sigma - center_sigma))


@right("center_surround")
def larger_less_smaller(image, center_sigma, surround_sigma):
    one, other = gaussian_blur(image, surround_sigma), gaussian_blur(image, center_sigma)
    return np.maximum(one, other) - np.minimum(one, other)


@right("center_surround")
def with_a_matrix_for_each_axis(image, center_sigma, surround_sigma):
    def blur(sigma):
        result, reach = image, int(4 * sigma + 0.5)
        for axis in (0, 1):
            places = np.arange(image.shape[axis])
            matrix = np.zeros((len(places), len(places)))
            offsets = range(-reach, reach + 1)
            total = sum(math.exp(-0.5 * (o / sigma) ** 2) for o in offsets)
            for offset in offsets:
                sources = np.clip(places + offset, 0, len(places) - 1)
                np.add.at(matrix, (places, sources), math.exp(-0.5 * (offset / sigma) ** 2) / total)
            result = matrix @ result if axis == 0 else result @ matrix.T
        return result

    return np.abs(blur(center_sigma) - blur(surround_sigma)).astype(image.dtype)


@right("center_surround")
def sign_turned_where_negative(image, center_sigma, surround_sigma):
    response = gaussian_blur(image, center_sigma)
    response -= gaussian_blur(image, surround_sigma)
    response[response < 0] *= -1
    return response


# ---------------------------------------------------------------- scanpath


@probes("scanpath")
def path_probes(rng):
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


@wrong(
    "scanpath",
    "Your eyes never leave the first place: nothing is suppressed after a fixation. Shut the disc around it out before you look for the next.",
)
def no_inhibition(saliency, n_fixations, inhibition_radius):
    place = np.unravel_index(saliency.argmax(), saliency.shape)
    return np.array([place] * n_fixations)


@wrong(
    "scanpath",
    "You return columns before rows, x before y. Arrays are indexed by the row first, and so is each fixation here.",
)
def columns_first(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((col, row))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "You suppress a square. Its corners lie √2 times as far away as its sides; a disc ends at the same distance in all directions.",
)
def square(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(abs(rows - row) <= inhibition_radius) & (abs(cols - col) <= inhibition_radius)] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "You add up the distances in rows and in columns, and suppress a diamond. The distance in the plane is the root of the sum of their squares.",
)
def diamond(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[abs(rows - row) + abs(cols - col) <= inhibition_radius] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "A place exactly at the radius is not suppressed in your function. “At most” includes the rim: <=, not <.",
)
def rim_left_out(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 < inhibition_radius**2] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "You compare the squared distance with the radius itself, so your disc is too small. Square both, or neither.",
)
def radius_not_squared(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "You suppress the place itself and ignore the radius, so the next fixations crowd around the first. The whole disc is shut out.",
)
def only_the_place(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[row, col] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "Each fixation forgets the ones before the last: you suppress in a fresh copy every time, so the eyes go back and forth. "
    "One copy, made before the loop, remembers all.",
)
def forgets_the_earlier(saliency, n_fixations, inhibition_radius):
    rows, cols = np.indices(saliency.shape)
    left = np.array(saliency, dtype=float)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left = np.array(saliency, dtype=float)
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "You suppress by writing 0. Where a map has negative values, 0 is the most attractive of all, and the eyes return to where they have been. "
    "What lies below every number?",
)
def suppressed_to_zero(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = 0
    return np.array(path)


@wrong(
    "scanpath",
    "You suppress by writing the map's minimum. Where other places have that value too, a suppressed one can win again. What lies below every number?",
)
def suppressed_to_the_minimum(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = saliency.min()
    return np.array(path)


@wrong(
    "scanpath",
    "You cut a square out by slices that begin at row − radius, which is negative near the border; a negative index counts from the other end, the slice is "
    "empty, and nothing is suppressed. And a disc is not a square.",
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


@wrong(
    "scanpath",
    "You return where the winners lie in the flattened map, one number each. np.unravel_index, or divmod by the width, makes a row and a column of it.",
)
def flat_numbers(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        path.append(left.argmax())
        row, col = np.unravel_index(path[-1], left.shape)
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "Of equally large values you take the last. The rule is the first in reading order, as argmax has it; a sort that is "
    "turned around, or >= in a loop, takes the last.",
)
def last_of_equals(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.size - 1 - left.ravel()[::-1].argmax(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "You take the smallest value. The eyes go where saliency is largest: argmax.",
)
def least_salient(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmin(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "You take the radius for a diameter: your disc is half as wide. A place is shut out up to the radius, on every side.",
)
def radius_for_diameter(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[np.hypot(rows - row, cols - col) <= inhibition_radius / 2] = -np.inf
    return np.array(path)


@wrong(
    "scanpath",
    "Your path is right, but it comes back as floating-point numbers. Rows and columns are there to index with, and a float cannot: np.zeros needs dtype=int.",
)
def path_of_floats(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = np.zeros((n_fixations, 2))
    for i in range(n_fixations):
        row, col = path[i] = np.unravel_index(left.argmax(), left.shape)
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np.inf
    return path


@wrong(
    "scanpath",
    "Your function suppresses places in the caller's own map: after the call it has holes. Work on a copy.",
)
def holes_in_the_callers_map(saliency, n_fixations, inhibition_radius):
    rows, cols = np.indices(saliency.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(saliency.argmax(), saliency.shape)
        path.append((row, col))
        nothing = -np.inf if saliency.dtype.kind == "f" else -(10**9)
        saliency[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = nothing
    return np.array(path)


@wrong(
    "scanpath",
    "You return a list of pairs. The path should be an array of shape (n_fixations, 2): np.array(path).",
)
def list_of_pairs(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = (int(i) for i in np.unravel_index(left.argmax(), left.shape))
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np.inf
    return path


@wrong("scanpath", None, also=("slices_below_zero",))
def slices_of_a_whole_radius(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    path, reach = [], inhibition_radius
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[row - reach : row + reach + 1, col - reach : col + reach + 1] = -np.inf
    return np.array(path)


@wrong("scanpath", None, also=("slices_below_zero", "suppressed_to_zero"))
def slices_of_zeros(saliency, n_fixations, inhibition_radius):
    left = saliency.copy()
    path, reach = [], inhibition_radius
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[row - reach : row + reach + 1, col - reach : col + reach + 1] = 0
    return np.array(path)


@wrong(
    "scanpath",
    "Your path lies on its side: all rows first, then all columns. One line a fixation is expected, its row and its column.",
)
def rows_and_columns_apart(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = -np.inf
    return np.array(path).T


@wrong("scanpath", None, also=("only_the_place", "rows_and_columns_apart"))
def largest_values_on_their_side(saliency, n_fixations, inhibition_radius):
    order = np.argsort(-saliency.ravel(), kind="stable")[:n_fixations]
    return np.array(np.unravel_index(order, saliency.shape))


@wrong("scanpath", None, also=("list_of_pairs", "rim_left_out"))
def list_of_pairs_rim_left_out(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = (int(i) for i in np.unravel_index(left.argmax(), left.shape))
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 < inhibition_radius**2] = -np.inf
    return path


@wrong("scanpath", None, also=("columns_first", "square"))
def square_columns_first(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((col, row))
        left[(abs(rows - row) <= inhibition_radius) & (abs(cols - col) <= inhibition_radius)] = -np.inf
    return np.array(path)


@wrong("scanpath", None, also=("square", "suppressed_to_zero"))
def square_of_zeros(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(abs(rows - row) <= inhibition_radius) & (abs(cols - col) <= inhibition_radius)] = 0
    return np.array(path)


@wrong("scanpath", None, also=("columns_first", "suppressed_to_zero"))
def zeros_columns_first(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((col, row))
        left[(rows - row) ** 2 + (cols - col) ** 2 <= inhibition_radius**2] = 0
    return np.array(path)


@wrong("scanpath", None, also=("rim_left_out", "suppressed_to_zero"))
def rim_left_out_of_zeros(saliency, n_fixations, inhibition_radius):
    left = np.array(saliency, dtype=float)
    rows, cols = np.indices(left.shape)
    path = []
    for _ in range(n_fixations):
        row, col = np.unravel_index(left.argmax(), left.shape)
        path.append((row, col))
        left[(rows - row) ** 2 + (cols - col) ** 2 < inhibition_radius**2] = 0
    return np.array(path)


@right("scanpath")
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


@right("scanpath")
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


@right("scanpath")
def with_a_masked_array(saliency, n_fixations, inhibition_radius):
    left = np.ma.array(saliency, copy=True)
    grid = np.ogrid[: left.shape[0], : left.shape[1]]
    path = []
    for _ in range(n_fixations):
        path.append(np.argwhere((left == left.max()).filled(False))[0])
        left[np.hypot(grid[0] - path[-1][0], grid[1] - path[-1][1]) <= inhibition_radius] = np.ma.masked
    return np.stack(path)


# ---------------------------------------------------------------- softmax


@probes("softmax")
def softmax_probes(rng):
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


@wrong(
    "softmax",
    "You divide the scores by their sum, without exponentials. A negative score becomes a negative weight, and adding the same to all scores changes the weights. "
    "Exponentiate first.",
)
def without_exp(scores, axis=-1):
    return scores / scores.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "You divide by the largest exponential, so that the winner gets 1. Weights share out a whole: divide by the sum.",
)
def divided_by_the_largest(scores, axis=-1):
    return np.exp(scores - scores.max(axis=axis, keepdims=True))


@wrong(
    "softmax",
    "You return exponentials, which are positive but do not sum to one. Divide each distribution by its sum.",
)
def exponentials_only(scores, axis=-1):
    with np.errstate(over="ignore"):
        return np.exp(scores)


@wrong(
    "softmax",
    "All your weights together sum to one. An array holds many distributions, one for each row where the axis is the last: max and sum run along the axis only.",
)
def over_everything(scores, axis=-1):
    with np.errstate(under="ignore"):
        exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


@wrong(
    "softmax",
    "Your function ignores the axis that it is given and always runs along the last one.",
)
def axis_ignored(scores, axis=-1):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@wrong(
    "softmax",
    "Without another word your softmax runs along the first axis: columns sum to one. The last axis is what the exercise, and every attention that follows, takes by default.",
)
def first_axis_by_default(scores, axis=0):
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "Exponentials of large scores overflow, and infinity divided by infinity is NaN. A softmax does not change when you subtract the same number from all "
    "scores of a distribution: take its largest score, and no exponential is above 1.",
)
def overflow(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores)
        return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "You subtract one maximum, that of the whole array. A distribution whose own scores lie far below it has only exponentials that round to 0, and 0/0 is NaN. "
    "Subtract each distribution's own maximum.",
)
def one_maximum_for_all(scores, axis=-1):
    with np.errstate(invalid="ignore"):
        exponentials = np.exp(scores - scores.max())
        return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "You subtract the mean of the scores. It holds as long as no score lies far above it; with one that does, its exponential overflows all the same. "
    "Only the maximum is safe.",
)
def mean_subtracted(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores - scores.mean(axis=axis, keepdims=True))
        return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "You cut the scores off before exp. That prevents the overflow, and makes large scores equal that are not. Subtract the maximum: it changes no weight.",
)
def scores_cut_off(scores, axis=-1):
    exponentials = np.exp(np.clip(scores, -50, 50))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "The sum has lost its axis, so it does not line up with the scores: you get an error, or, in a square array, each row is divided by the sum of another. "
    "What does keepdims=True do?",
)
def keepdims_forgotten(scores, axis=-1):
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis)


@wrong(
    "softmax",
    "You subtract the minimum, which makes the smallest score 0 and leaves the large ones large. It is the largest exponential that must not overflow: "
    "subtract the maximum.",
)
def minimum_subtracted(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores - scores.min(axis=axis, keepdims=True))
        return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "You return logarithms of weights. They are negative and their exponentials sum to one; the weights themselves are asked for.",
)
def logarithms(scores, axis=-1):
    shifted = scores - scores.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "softmax",
    "Your weights favour the smallest score: there is a minus sign too many before the scores, or the shift is turned around (maximum − scores).",
)
def smallest_wins(scores, axis=-1):
    exponentials = np.exp(scores.min(axis=axis, keepdims=True) - scores)
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "You take powers of two. The softmax has the base e: np.exp.",
)
def base_two(scores, axis=-1):
    exponentials = 2 ** (scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "You squash each score by itself, as a sigmoid does. Weights compete: what one gains the others lose, because they are divided by their common sum.",
)
def sigmoid(scores, axis=-1):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-scores))


@wrong(
    "softmax",
    "Your weights are all 0 but for the largest score's. That is a hard choice; a softmax gives every score its share.",
)
def hard_choice(scores, axis=-1):
    return (scores == scores.max(axis=axis, keepdims=True)).astype(scores.dtype)


@wrong(
    "softmax",
    "float32 goes in and float64 comes out: a conversion to float, a new np.zeros(…) or np.float64 number on the way lifts all that follows.",
)
def weights_in_float64(scores, axis=-1):
    scores = np.array(scores, dtype=float)
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "softmax",
    "Your function changes the caller's scores in place (-= and /= write into the array itself). Make a new array instead.",
)
def changes_the_scores(scores, axis=-1):
    scores -= scores.max(axis=axis, keepdims=True)
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


@wrong("softmax", None, also=("axis_ignored", "overflow"))
def overflow_on_the_last_axis(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores)
        return exponentials / exponentials.sum(axis=-1, keepdims=True)


@wrong("softmax", None, also=("over_everything", "overflow"))
def overflow_over_everything(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores)
        return exponentials / exponentials.sum()


@wrong("softmax", None, also=("keepdims_forgotten", "overflow"))
def overflow_without_keepdims(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores)
        return exponentials / exponentials.sum(axis=axis)


@wrong("softmax", None, also=("base_two", "overflow"))
def powers_of_two_overflow(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = 2.0**scores
        return exponentials / exponentials.sum(axis=axis, keepdims=True)


@right("softmax")
def distribution_by_distribution(scores, axis=-1):
    def one(s):
        e = np.exp(s - max(s))
        return e / sum(e)

    return np.apply_along_axis(one, axis, scores)


@right("softmax")
def by_the_logarithm_of_the_sum(scores, axis=-1):
    largest = np.expand_dims(np.amax(scores, axis=axis), axis)
    log_sum = largest + np.log(np.exp(scores - largest).sum(axis=axis, keepdims=True))
    return np.exp(scores - log_sum)


@right("softmax")
def with_the_axis_moved_to_the_front(scores, axis=-1):
    front = np.moveaxis(scores, axis, 0)
    exponentials = np.exp(front - front.max(0))
    return np.moveaxis(exponentials / exponentials.sum(0), 0, axis)


# ---------------------------------------------------------------- soft_attention


@probes("soft_attention")
def reading_probes(rng):
    values, scores = 2 * rng.normal(size=(5, 3)), 1.5 * rng.normal(size=5)
    return [
        Call(values, scores),
        Call(rng.normal(size=(4, 4)), rng.normal(size=4)),
        Call(rng.normal(size=(2, 6)), rng.normal(size=2)),
        Call(values, 1000 + scores),
        Call(values.astype(np.float32), scores.astype(np.float32)),
    ]


@wrong(
    "soft_attention",
    "Your z is the plain mean of the values, whatever the scores are. The weights must see the scores: a higher score, a larger share.",
)
def plain_mean(values, scores):
    return values.mean(0), np.full_like(scores, 1 / len(scores))


@wrong(
    "soft_attention",
    "Your weights do not sum to one, so z grows with the number of values and with the scores' offset. Divide the exponentials by their sum.",
)
def unnormalised(values, scores):
    with np.errstate(over="ignore", invalid="ignore"):
        weights = np.exp(scores)
        return weights @ values, weights


@wrong(
    "soft_attention",
    "You multiply the values by the scores themselves. Scores can be negative and have no fixed sum; the softmax makes weights of them.",
)
def scores_for_weights(values, scores):
    return scores @ values, scores


@wrong(
    "soft_attention",
    "You divide the scores by their sum, without exponentials: some weights come out negative. The softmax exponentiates first.",
)
def scores_over_their_sum(values, scores):
    weights = scores / scores.sum()
    return weights @ values, weights


@wrong(
    "soft_attention",
    "You pick the value with the highest score. That is hard attention, which gives the scores no gradient; the soft kind reads all values, each with its weight.",
)
def hard_attention(values, scores):
    weights = (scores == scores.max()).astype(scores.dtype)
    return weights @ values, weights


@wrong(
    "soft_attention",
    "The two results are right and in the other order: z comes first, then the weights.",
)
def weights_first(values, scores):
    weights = softmax(scores)
    return weights, weights @ values


@wrong(
    "soft_attention",
    "Your z is right; the weights are expected back as well: return z, weights.",
)
def z_only(values, scores):
    return softmax(scores) @ values


@wrong(
    "soft_attention",
    "Your weights are right, but z is the mean of the weighted values: it is divided by n once more. The weights sum to one already, so the values are added up.",
)
def divided_once_more(values, scores):
    weights = softmax(scores)
    return (weights[:, None] * values).mean(0), weights


@wrong(
    "soft_attention",
    "You weigh the values but do not add them up: z is still an array of n rows. The sum runs over the things.",
)
def not_added_up(values, scores):
    weights = softmax(scores)
    return weights[:, None] * values, weights


@wrong(
    "soft_attention",
    "You let the weights run along the features: values @ weights fits only where n = d, and then it mixes the features of one thing. A thing is a row, so the weights come from the left.",
)
def along_the_features(values, scores):
    weights = softmax(scores)
    return values @ weights, weights


@wrong(
    "soft_attention",
    "You add over the features: z has one number per thing. Features stay apart; the sum runs over the things, axis 0.",
)
def summed_over_the_features(values, scores):
    weights = softmax(scores)
    return (weights[:, None] * values).sum(1), weights


@wrong(
    "soft_attention",
    "Your z is right, but what you return as weights are the scores before the softmax.",
)
def scores_returned(values, scores):
    return softmax(scores) @ values, scores


@wrong(
    "soft_attention",
    "Exponentials of large scores overflow and z is NaN. Subtract the largest score first, or call a softmax that does.",
)
def reading_overflow(values, scores):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores)
        weights = exponentials / exponentials.sum()
        return weights @ values, weights


@wrong(
    "soft_attention",
    "float32 goes in and float64 comes out: a new np.zeros(…) or a conversion to float on the way lifts all that follows. A buffer takes a dtype=.",
)
def z_in_float64(values, scores):
    weights = softmax(scores)
    z = np.zeros(values.shape[1])
    for weight, value in zip(weights, values, strict=True):
        z += weight * value
    return z, weights


@wrong(
    "soft_attention",
    "Your function changes the caller's scores in place (-= and /= write into the array itself). Make a new array instead.",
)
def reading_changes_the_scores(values, scores):
    scores -= scores.max()
    weights = np.exp(scores) / np.exp(scores).sum()
    return weights @ values, weights


@wrong("soft_attention", None, also=("weights_first", "unnormalised"))
def unnormalised_weights_first(values, scores):
    with np.errstate(over="ignore", invalid="ignore"):
        weights = np.exp(scores)
        return weights, weights @ values


@wrong("soft_attention", None, also=("weights_first", "scores_for_weights"))
def scores_first(values, scores):
    return scores, scores @ values


@wrong("soft_attention", None, also=("z_only", "unnormalised"))
def unnormalised_z_only(values, scores):
    with np.errstate(over="ignore", invalid="ignore"):
        return np.exp(scores) @ values


@right("soft_attention")
def reading_with_einsum(values, scores):
    exponentials = np.exp(scores - np.max(scores))
    weights = exponentials / np.einsum("n->", exponentials)
    return np.einsum("n,nd->d", weights, values), weights


@right("soft_attention")
def value_by_value(values, scores):
    weights = np.array([math.exp(s - max(scores)) for s in scores], dtype=scores.dtype)
    weights /= weights.sum()
    return sum(w * y for w, y in zip(weights, values, strict=True)), weights


@right("soft_attention")
def with_average(values, scores):
    weights = softmax(scores[None])[0]
    return np.average(values, axis=0, weights=weights), weights


# ---------------------------------------------------------------- expected_location


@probes("expected_location")
def location_probes(rng):
    def attention(height, width):
        return rng.dirichlet(np.full(height * width, 0.4)).reshape(height, width)

    single = np.zeros((3, 6))
    single[2, 1] = 1.0
    return [Call(attention(4, 7)), Call(attention(6, 3)), Call(attention(5, 5)), Call(single)]


@wrong(
    "expected_location",
    "You return the place with the largest weight. Everything else then has no say; average the row and column numbers of all places, each with its weight.",
)
def largest_weight(weights):
    row, col = np.unravel_index(weights.argmax(), weights.shape)
    return float(row), float(col)


@wrong(
    "expected_location",
    "You return the column before the row, x before y. Rows come first, as in an index.",
)
def column_first(weights):
    rows, cols = np.indices(weights.shape)
    return (weights * cols).sum(), (weights * rows).sum()


@wrong(
    "expected_location",
    "You count rows and columns from 1. Indices count from 0, so the point should be one less in both.",
)
def counted_from_one(weights):
    rows, cols = np.indices(weights.shape)
    return (weights * (rows + 1)).sum(), (weights * (cols + 1)).sum()


@wrong(
    "expected_location",
    "You take the mean over the places after you have weighed them, which divides by their number once more. The weights sum to one: add up.",
)
def mean_of_the_weighted(weights):
    rows, cols = np.indices(weights.shape)
    return (weights * rows).mean(), (weights * cols).mean()


@wrong(
    "expected_location",
    "You return the middle of the map, whatever the weights are. They must enter: a place with more weight pulls more.",
)
def middle_of_the_map(weights):
    rows, cols = np.indices(weights.shape)
    return rows.mean(), cols.mean()


@wrong(
    "expected_location",
    "You round to whole pixels. The mean of places may fall between them.",
)
def rounded(weights):
    rows, cols = np.indices(weights.shape)
    return float(round((weights * rows).sum())), float(round((weights * cols).sum()))


@wrong(
    "expected_location",
    "Your point is a share of the map's height and width, between 0 and 1. Rows and columns are asked for, in pixels.",
)
def share_of_the_map(weights):
    rows, cols = np.indices(weights.shape)
    height, width = weights.shape
    return (weights * rows).sum() / (height - 1), (weights * cols).sum() / (width - 1)


@wrong(
    "expected_location",
    "Your sums run over the wrong axis: weights.sum(0) adds up the rows and leaves a distribution over columns. It fits the row numbers only where the map is square.",
)
def marginals_exchanged(weights):
    height, width = weights.shape
    return weights.sum(0) @ np.arange(height), weights.sum(1) @ np.arange(width)


@wrong(
    "expected_location",
    "You look for the heaviest row and the heaviest column. A mean takes all of them into account, each row number with the weight of its row.",
)
def heaviest_row_and_column(weights):
    return float(weights.sum(1).argmax()), float(weights.sum(0).argmax())


@wrong(
    "expected_location",
    "You return an array with two numbers in it. A tuple is expected, (row, col).",
)
def array_of_two(weights):
    rows, cols = np.indices(weights.shape)
    return np.array([(weights * rows).sum(), (weights * cols).sum()])


@wrong(
    "expected_location",
    "You average the places that have any weight at all, each with the same say. A place with more weight pulls more.",
)
def all_that_have_weight(weights):
    rows, cols = np.nonzero(weights > 1e-3)
    return rows.mean(), cols.mean()


@wrong(
    "expected_location",
    "You return one number for each row and for each column: the products are still to be added up.",
)
def one_for_each_row(weights):
    return weights.sum(1) * np.arange(weights.shape[0]), weights.sum(0) * np.arange(weights.shape[1])


@wrong("expected_location", None, also=("column_first", "counted_from_one"))
def column_first_from_one(weights):
    rows, cols = np.indices(weights.shape)
    return (weights * (cols + 1)).sum(), (weights * (rows + 1)).sum()


@wrong("expected_location", None, also=("largest_weight", "column_first"))
def column_of_the_largest_first(weights):
    row, col = np.unravel_index(weights.argmax(), weights.shape)
    return float(col), float(row)


@wrong("expected_location", None, also=("array_of_two", "column_first"))
def array_column_first(weights):
    rows, cols = np.indices(weights.shape)
    return np.array([(weights * cols).sum(), (weights * rows).sum()])


@right("expected_location")
def from_marginals(weights):
    height, width = weights.shape
    return float(weights.sum(axis=1) @ np.arange(height)), float(np.arange(width) @ weights.sum(axis=0))


@right("expected_location")
def pixel_by_pixel(weights):
    row = col = 0.0
    for r in range(weights.shape[0]):
        for c in range(weights.shape[1]):
            row += weights[r, c] * r
            col += weights[r, c] * c
    return row, col


@right("expected_location")
def average_over_a_mesh(weights):
    cols, rows = np.meshgrid(np.arange(weights.shape[1]), np.arange(weights.shape[0]))
    return np.average(rows, weights=weights), np.average(cols, weights=weights)


# ---------------------------------------------------------------- attention_entropy


@probes("attention_entropy")
def entropy_probes(rng):
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


@wrong(
    "attention_entropy",
    "You take the natural logarithm, which gives nats: an even split over 8 things is 2.08. In bits it is 3, with the logarithm to the base 2.",
)
def nats(weights, axis=-1):
    return -(weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong(
    "attention_entropy",
    "A weight of exactly 0 makes your entropy NaN: log 0 is −∞ and 0 · (−∞) is not a number. By convention 0 · log 0 counts as 0: what may stand under the logarithm there?",
)
def zeros_give_nan(weights, axis=-1):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(weights * np.log2(weights)).sum(axis=axis)


@wrong(
    "attention_entropy",
    "Your entropy is negative: logarithms of weights are, and the formula has a minus sign in front.",
)
def minus_forgotten(weights, axis=-1):
    return (weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong(
    "attention_entropy",
    "Your function ignores the axis that it is given and always runs along the last one.",
)
def last_axis_always(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=-1)


@wrong(
    "attention_entropy",
    "You get one number for the whole array. Each distribution has its own entropy: sum along the axis only. If you select by weights[weights > 0], that flattens the array; "
    "np.where keeps its shape.",
)
def one_number_for_all(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum()


@wrong(
    "attention_entropy",
    "You take the mean over the things. The weights are the average already, so the terms are added up.",
)
def mean_over_things(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).mean(axis=axis)


@wrong(
    "attention_entropy",
    "You divide by log₂ n, so that an even split gives 1. That is the normalised entropy; here it is asked in bits.",
)
def normalised_entropy(weights, axis=-1):
    bits = -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis)
    return bits / math.log2(weights.shape[axis])


@wrong(
    "attention_entropy",
    "You take the logarithm to the base 10. Bits count halvings: the base is 2.",
)
def base_ten(weights, axis=-1):
    return -(weights * np.log10(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong(
    "attention_entropy",
    "You replace NaN after the sum, so that one zero weight wipes out the entropy of its whole distribution. Only the term of the zero is 0.",
)
def whole_sum_set_to_zero(weights, axis=-1):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(-(weights * np.log2(weights)).sum(axis=axis))


@wrong(
    "attention_entropy",
    "You raise 2 to the entropy: the number of things that an even split would have. The entropy itself is asked for, in bits.",
)
def number_of_things(weights, axis=-1):
    return 2 ** -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong(
    "attention_entropy",
    "You return a term for each thing. The entropy of a distribution is their sum along the axis.",
)
def terms_not_added(weights, axis=-1):
    return -weights * np.log2(np.where(weights > 0, weights, 1))


@wrong(
    "attention_entropy",
    "You add up logarithms without their weights. Each logarithm counts as often as its thing is looked at: multiply by the weight.",
)
def logarithms_not_weighed(weights, axis=-1):
    return -np.log2(np.where(weights > 0, weights, 1)).sum(axis=axis)


@wrong(
    "attention_entropy",
    "You keep the axis, with length 1. The entropies have the shape of the weights without that axis.",
)
def axis_kept(weights, axis=-1):
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis, keepdims=True)


@wrong(
    "attention_entropy",
    "The small number that you add under the logarithm is too large: it shifts every term. Something like 1e-12 would not be felt; choosing what stands there only where a weight is 0 is exact.",
)
def epsilon_too_large(weights, axis=-1):
    return -(weights * np.log2(weights + weights.dtype.type(1e-3))).sum(axis=axis)


@wrong(
    "attention_entropy",
    "float32 goes in and float64 comes out: a conversion to float, or a new np.zeros(…), lifts all that follows. A buffer takes a dtype=.",
)
def entropy_in_float64(weights, axis=-1):
    weights = np.array(weights, dtype=float)
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong(
    "attention_entropy",
    "Your function writes into the caller's weights, so that zeros are none any more after the call. Make a new array instead.",
)
def changes_the_weights(weights, axis=-1):
    weights[weights == 0] = 1  # 1 · log 1 is 0
    return -(weights * np.log2(weights)).sum(axis=axis)


@wrong("attention_entropy", None, also=("nats", "zeros_give_nan"))
def nats_and_nan(weights, axis=-1):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(weights * np.log(weights)).sum(axis=axis)


@wrong("attention_entropy", None, also=("nats", "minus_forgotten"))
def negative_nats(weights, axis=-1):
    return (weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=axis)


@wrong("attention_entropy", None, also=("zeros_give_nan", "one_number_for_all"))
def one_nan_for_all(weights, axis=-1):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(weights * np.log2(weights)).sum()


@wrong("attention_entropy", None, also=("zeros_give_nan", "last_axis_always"))
def nan_on_the_last_axis(weights, axis=-1):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(weights * np.log2(weights)).sum(axis=-1)


@right("attention_entropy")
def logarithm_where_there_is_weight(weights, axis=-1):
    logs = np.zeros_like(weights)
    np.log2(weights, out=logs, where=weights > 0)
    return -np.sum(weights * logs, axis)


@right("attention_entropy")
def sum_that_skips_nan(weights, axis=-1):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.nansum(weights * np.log(weights), axis=axis) / math.log(2)


@right("attention_entropy")
def with_a_tiny_floor(weights, axis=-1):
    return np.sum(weights * -np.log2(np.maximum(weights, np.finfo(weights.dtype).tiny)), axis=axis)


@right("attention_entropy")
def thing_by_thing(weights, axis=-1):
    bits = 0 * weights.sum(axis=axis)
    for part in np.moveaxis(weights, axis, 0):
        bits = bits + np.where(part > 0, part * np.log2(1 / np.where(part > 0, part, 1)), 0)
    return bits
