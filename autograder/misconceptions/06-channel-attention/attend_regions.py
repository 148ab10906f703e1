"""What people write for ``attend_regions``."""

from autograder.answers.bank import Call, both, change, right, wrong
from autograder.misconceptions.making import tensors


def probes(rng):
    def probe(b, c, h, w, d, a, dtype=np.float64):
        return Call(*tensors(rng, (b, c, h, w), (b, d), (c, a), (d, a), (a,), dtype=dtype))

    large = tensors(rng, (2, 3, 2, 4), (2, 5), (3, 2), (5, 2), (2,))
    large[-1] = 2000 * large[-1].abs()
    return [
        probe(2, 4, 3, 5, 6, 7),
        probe(3, 5, 4, 2, 3, 6),
        probe(3, 3, 3, 3, 3, 3),
        probe(4, 2, 2, 3, 5, 2),
        probe(2, 3, 4, 2, 2, 5, np.float32),
        Call(*large),
    ]


mixed_regions = wrong(
    "Your reshape cuts the numbers anew: a row of it holds pieces of several channels at several places, and no region's features. The channels must move behind the places before anything is joined.",
    change("_, height", "c, height"),
    change("flatten(2).transpose(1, 2)", "reshape(b, height * width, c)"),
)


@wrong(
    "Your softmax runs along each row of the picture: every row gets a weight of 1 by itself. All regions compete for one attention."
)
def softmax_of_each_row(features, hidden, W_f, W_h, v):
    regions = features.permute(0, 2, 3, 1)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None, None]) @ v
    alpha = torch.softmax(scores, dim=-1)
    return (alpha[..., None] * regions).sum(dim=(1, 2)), alpha


@wrong(
    "Your softmax runs down each column of the picture: every column gets a weight of 1 by itself. All regions compete for one attention."
)
def softmax_of_each_column(features, hidden, W_f, W_h, v):
    regions = features.permute(0, 2, 3, 1)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None, None]) @ v
    alpha = torch.softmax(scores, dim=1)
    return (alpha[..., None] * regions).sum(dim=(1, 2)), alpha


regions_softmax_of_batch = wrong(
    "Your softmax runs over the batch: the pictures compete with each other. The regions of one picture share a weight of 1.",
    change("scores, dim=1", "scores, dim=0"),
)

no_tanh = wrong(
    "There is no tanh. Without it the decoder's state adds the same number to every score, the softmax takes it out again, and the state decides nothing.",
    change("torch.tanh", ""),
)

state_without_effect = wrong(
    "The decoder's state does not change your weights: it is left out, or added where the softmax takes it out again. It belongs inside the tanh, beside each region's features.",
    change(
        "torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v",
        "torch.tanh(regions @ W_f) @ v + (torch.tanh(hidden @ W_h) @ v)[:, None]",
    ),
)

multiplied_inside = wrong(
    "You multiply features and state inside the tanh. Additive attention adds them; that is where its name comes from.",
    change("regions @ W_f +", "regions @ W_f *"),
)

flat_alpha = wrong(
    "Your weights are one long row. They are asked for as a map of the picture, (B, H, W), so that one can see where the decoder looks.",
    change("alpha.reshape(b, height, width)", "alpha"),
)

map_turned = wrong(
    "Rows and columns of your map of weights have changed places, though the context is right. The picture is stored row by row; when a row of regions becomes a map again, H comes first.",
    change("height, width)", "width, height)"),
)

column_by_column = wrong(
    "You swapped the first axis of places with the last: your regions are listed column by column and laid out row by row. Heat then appears at the wrong place, although the context is right.",
    change("_, height", "c, height"),
    change("flatten(2).transpose(1, 2)", "transpose(1, 3).reshape(b, width * height, c)"),
)

alpha_first = wrong(
    "The weights come first in your tuple. The context comes first, then alpha.",
    change(
        "context, alpha.reshape(b, height, width)",
        "alpha.reshape(b, height, width), (alpha[:, :, None] * regions).sum(1)",
    ),
)

scores_for_weights = wrong(
    "You return the scores where the weights are asked for. Scores may be negative and add up to anything; alpha is their softmax.",
    change("return context, alpha", "return (alpha[:, :, None] * regions).sum(1), scores"),
)

averaged_again = wrong(
    "You average over the regions after weighting them. The weights add up to 1 already; another division makes the context too small by the number of regions.",
    change("sum(dim=1)", "mean(dim=1)"),
)

projected_context = wrong(
    "Your context is made of projected features, W_fᵀ f. W_f serves the comparison only; what the decoder reads are the features themselves.",
    change("transpose(1, 2)", "transpose(1, 2) @ W_f"),
    change("regions @ W_f", "regions"),
)

sigmoid_weights = wrong(
    "A sigmoid makes your weights. That is a gate for each region, as in CBAM; a decoder that attends shares a weight of 1 out among all regions.",
    change("torch.softmax(scores, dim=1)", "torch.sigmoid(scores)"),
)

overflowing = wrong(
    "Large scores give NaN: exp overflows, and infinity divided by infinity is no number. Subtract the largest score first, or use torch's softmax, which does.",
    change(
        "torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v",
        "torch.exp(torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v)",
    ),
    change("torch.softmax(scores, dim=1)", "scores / scores.sum(1, keepdim=True)"),
)

hardest_region = wrong(
    "You take the one region with the highest score. That is hard attention, which has no gradient; soft attention returns an average with all weights.",
    change(
        "torch.softmax(scores, dim=1)",
        "nn.functional.one_hot(scores.argmax(1), height * width).to(features.dtype)",
    ),
)

scaled_scores = wrong(
    "You divide the scores by a root, as scaled dot products are. tanh keeps each term between −1 and 1, and v learns the scale; additive attention divides by nothing.",
    change("@ v", "@ v / v.shape[0] ** 0.5"),
)

state_of_the_first = wrong(
    "All pictures are asked with the first one's decoder state. Each picture has its own caption, and a state of its own.",
    change("(hidden @ W_h)[:, None]", "hidden[0] @ W_h"),
)

plain_mean = wrong(
    "Your context is a plain mean of all regions; the weights are computed and not used. Weight each region's features by its alpha.",
    change("return context", "return regions.mean(1)"),
)

weighted_maps = wrong(
    "You return the weighted maps, and the sum over the regions is missing. The decoder reads one vector, however large the picture.",
    change("scores, dim=1)", "scores, dim=1).reshape(b, height, width)"),
    change("context = (alpha[:, :, None] * regions).sum(dim=1)", ""),
    change("context, alpha.reshape(b, height, width)", "features * alpha[:, None], alpha"),
)

mixed_and_flat = both(mixed_regions, flat_alpha)

no_tanh_and_flat = both(no_tanh, flat_alpha)


@right()
def regions_with_einsum(features, hidden, W_f, W_h, v):
    inside = torch.einsum("bchw,ca->bhwa", features, W_f) + (hidden @ W_h)[:, None, None, :]
    scores = torch.einsum("bhwa,a->bhw", torch.tanh(inside), v)
    alpha = torch.softmax(scores.flatten(1), dim=-1).view_as(scores)
    return torch.einsum("bhw,bchw->bc", alpha, features), alpha


@right()
def channels_moved_last(features, hidden, W_f, W_h, v):
    b, c, height, width = features.shape
    regions = features.permute(0, 2, 3, 1).reshape(b, height * width, c)
    energy = torch.tanh(torch.matmul(regions, W_f) + torch.matmul(hidden, W_h).unsqueeze(1)).matmul(v)
    alpha = nn.functional.softmax(energy, -1)
    return torch.bmm(alpha.unsqueeze(1), regions).squeeze(1), alpha.view(b, height, width)


@right()
def by_hand_on_maps(features, hidden, W_f, W_h, v):
    inside = torch.tanh(features.movedim(1, -1) @ W_f + (hidden @ W_h)[:, None, None])
    scores = (inside * v).sum(-1)
    raw = torch.exp(scores - scores.amax(dim=(1, 2), keepdim=True))
    alpha = raw / raw.sum(dim=(1, 2), keepdim=True)
    return (features * alpha.unsqueeze(1)).sum(dim=(2, 3)), alpha
