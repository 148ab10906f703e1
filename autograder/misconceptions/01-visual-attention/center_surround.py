"""What people write for ``center_surround``."""

from autograder.answers.bank import Call, again, both, change, right, wrong


def probes(rng):
    image = rng.normal(size=(11, 14))
    return [
        Call(image, 0.8, 2.0),
        Call(4 * image + 9, 1.3, 2.6),
        Call(rng.random((9, 9)), 1.1, 1.9),
        Call(image.astype(np.float32), 0.8, 2.0),
    ]


signed = wrong(
    "Your response has a sign: it is negative where a place is darker than its surroundings. A dark spot pops out as much "
    "as a bright one; what counts is the magnitude.",
    change("np.abs(center - surround)", "center - surround"),
)

only_the_bright = wrong(
    "You keep what is brighter than its surroundings and set the rest to 0. Half of what stands out is darker: take the "
    "magnitude instead of cutting off.",
    change("np.abs", "np.maximum"),
    change("center - surround", "center - surround, 0"),
)


@wrong(
    "You keep what is darker than its surroundings and set the rest to 0: surround minus centre, cut off. Bright places stand out as "
    "well; take the magnitude."
)
def only_the_dark(image, center_sigma, surround_sigma):
    return np.maximum(gaussian_blur(image, surround_sigma) - gaussian_blur(image, center_sigma), 0)


squared = wrong(
    "You square the difference. That, too, is positive, but twice the contrast then gives four times the response; the bars "
    "in the formula are the magnitude.",
    change("np.abs(center - surround)", "(center - surround) ** 2"),
)

centre_not_blurred = wrong(
    "You compare the image itself with the surround, so that a single noisy pixel counts in full. The centre is an average too, "
    "over a narrower Gaussian: blur with center_sigma first.",
    change("gaussian_blur(image, center_sigma)", "image"),
)

surround_not_blurred = wrong(
    "You compare the centre with the image itself: center_sigma is used and surround_sigma is not. The surround is a wider average.",
    change("gaussian_blur(image, surround_sigma)", "image"),
)

surround_of_the_centre = wrong(
    "Your surround is a blur of the centre, which is blurred already: the widths add up, σ² = σ_c² + σ_s². Both blurs start from the image.",
    change("center - surround", "center - gaussian_blur(center, surround_sigma)"),
)

variance_for_sigma = wrong(
    "You hand σ² to gaussian_blur. It wants the standard deviation itself, in pixels; the square is inside.",
    change("center_sigma)", "center_sigma**2)"),
    change("image, surround_sigma", "image, surround_sigma**2"),
)

root_of_sigma = wrong(
    "You hand √σ to gaussian_blur. The sigmas are standard deviations already, in pixels, and that is what it wants.",
    change("center_sigma)", "center_sigma**0.5)"),
    change("image, surround_sigma", "image, surround_sigma**0.5"),
)


ratio = wrong(
    "You divide the centre by the surround. The response should not change when a lamp raises all pixels alike, and a ratio does; "
    "subtract.",
    change("center - surround", "center / surround"),
)

contrast = wrong(
    "You divide the difference by the surround (Weber's contrast). A lamp that raises all pixels alike then changes the response; the formula has the difference alone.",
    change("np.abs(center - surround)", "np.abs(center - surround) / surround"),
)

contrast_of_the_sum = again(
    contrast, change("np.abs(center - surround)", "np.abs(center - surround) / (center + surround)")
)


@wrong(
    "You scale the map so that its largest value is 1. An image without contrast then looks as salient as any other; "
    "bringing maps to a common range comes later, when several are added."
)
def scaled_to_one(image, center_sigma, surround_sigma):
    response = np.abs(gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma))
    return response / response.max()


magnitude_of_each = wrong(
    "You take the magnitude of each blur before you subtract, which changes nothing in them where pixels are positive. The bars stand around the difference.",
    change("np.abs(center - surround)", "np.abs(center) - np.abs(surround)"),
)


@wrong("You add the two blurs. What they have in common, the brightness, should cancel: subtract.")
def blurs_added(image, center_sigma, surround_sigma):
    return np.abs(gaussian_blur(image, center_sigma) + gaussian_blur(image, surround_sigma))


response_in_float64 = wrong(
    "float32 goes in and float64 comes out: a conversion to float, or a new np.zeros(…), lifts all that follows. "
    "The given blur keeps the dtype.",
    change("center = gaussian_blur(image, center_sigma)", "image = np.array(image, dtype=float)"),
    change("center - surround", "gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma)"),
)


@wrong(
    "Your function changes the caller's image in place (-=, /= and *= write into the array itself). Make a new array instead."
)
def changes_the_image(image, center_sigma, surround_sigma):
    image -= image.mean()
    return np.abs(gaussian_blur(image, center_sigma) - gaussian_blur(image, surround_sigma))


signed_centre_not_blurred = both(signed, centre_not_blurred)


@both(signed, surround_of_the_centre)
def signed_surround_of_the_centre(image, center_sigma, surround_sigma):
    center = gaussian_blur(image, center_sigma)
    return center - gaussian_blur(center, surround_sigma)


squared_with_variances = both(squared, variance_for_sigma)

one_blur_by_the_difference = wrong(
    "You blur once, by the difference of the two sigmas. Widths of Gaussians do not subtract like that; blur twice, and subtract the images.",
    change("center - surround", "image - gaussian_blur(image, surround_sigma - center_sigma)"),
)


@right()
def larger_less_smaller(image, center_sigma, surround_sigma):
    one, other = gaussian_blur(image, surround_sigma), gaussian_blur(image, center_sigma)
    return np.maximum(one, other) - np.minimum(one, other)


@right()
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


@right()
def sign_turned_where_negative(image, center_sigma, surround_sigma):
    response = gaussian_blur(image, center_sigma)
    response -= gaussian_blur(image, surround_sigma)
    response[response < 0] *= -1
    return response
