"""What people write for ``EncoderLayer``."""

from autograder.answers.bank import Layer, both, change, right, wrong
from autograder.misconceptions.making import layer_inputs, layer_parameters


def probes(rng):
    def probe(b, n, d_model, h, d_ff, mask=None):
        made = layer_parameters(rng, d_model, d_ff, ("norm_1", "norm_2"), ("attention",))
        mask = None if mask is None else torch.from_numpy(mask)
        return Layer((d_model, h, d_ff), made, (*layer_inputs(rng, (b, n, d_model)), mask))

    return [
        probe(2, 5, 6, 2, 7),
        probe(4, 4, 4, 4, 4, np.tri(4, dtype=bool)),
        probe(2, 3, 6, 3, 5, np.array([[[True, True, False]], [[True, False, False]]])),
        probe(2, 3, 8, 2, 4, np.array([[[True, False, True]], [[False, False, False]]])),
    ]


PostNorm = wrong(
    "Your norm stands behind the sum, as in the first paper. Here each part reads a normed copy, and the stream itself is never normed.",
    change("normed = self.norm_1(x)", "normed = x"),
    change(
        "x = x + self.attention(normed, normed, normed, mask)",
        "x = self.norm_1(x + self.attention(normed, normed, normed, mask))",
    ),
    change("x + self.feed_forward(self.norm_2(x))", "self.norm_2(x + self.feed_forward(x))"),
)

NoResidualAtAttention = wrong(
    "What your attention finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
    change("x + self.attention", "self.attention"),
)

NoResidualAtFeedForward = wrong(
    "What your feed-forward network finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
    change("x + self.feed_forward", "self.feed_forward"),
)

NoResidualAtAll = wrong(
    "Both parts of yours replace the stream. With weights near 0 the layer then returns almost nothing of what it got: add each to the stream.",
    change("x + self.attention", "self.attention"),
    change("x + self.feed_forward", "self.feed_forward"),
)

MaskForgotten = wrong(
    "The mask does not reach your attention. Every position then listens to the padding too.",
    change("normed, mask)", "normed)"),
)

AddedToTheNormedCopy = wrong(
    "You add what attention found to the normed copy. The stream itself is what is added to; the copy is for reading only.",
    change("x + self.attention", "normed + self.attention"),
)

OneNormTwice = wrong(
    "norm_1 is used in both places, and norm_2 never. The two parts read copies of different streams, each with a scale of its own to learn.",
    change("self.norm_2(x)", "self.norm_1(x)"),
)

ValuesNotNormed = wrong(
    "Queries and keys read the normed copy, and the values the stream. Pre-norm means that the whole part, its values too, reads the copy.",
    change("normed, normed, mask", "normed, x, mask"),
)

QueriesOnlyNormed = wrong(
    "Only your queries are normed. In self-attention all three are the same thing, the normed copy.",
    change("normed, normed, normed", "normed, x, x"),
)

QueryNotNormed = wrong(
    "Your queries are read off the stream itself, keys and values off the normed copy. All three are read off the copy: where the stream grows, the softmax would else grow sharper.",
    change("self.attention(normed, normed, normed, mask)", "self.attention(x, normed, normed, mask)"),
)


SecondNormMissing = wrong(
    "Your feed-forward network reads the stream as it is. Each of the two parts has a norm before it.",
    change("self.norm_2(x)", "x"),
)

FirstNormMissing = wrong(
    "Your attention reads the stream as it is. Each of the two parts has a norm before it.",
    change("self.norm_1(x)", "x"),
)

InParallel = wrong(
    "Your feed-forward network reads what came in, not what attention has made of it. The second part starts from the stream after the first.",
    change("x = x + self.attention", "attended = self.attention"),
    change("return x +", "return x + attended +"),
)

FeedForwardFirst = wrong(
    "Your feed-forward network comes before the attention. Positions exchange first, then each thinks about what it heard.",
    change("normed = self.norm_1(x)", "x = x + self.feed_forward(self.norm_2(x))\nnormed = self.norm_1(x)"),
    change(
        "x = x + self.attention(normed, normed, normed, mask)\nreturn x + self.feed_forward(self.norm_2(x))",
        "return x + self.attention(normed, normed, normed, mask)",
    ),
)

NoReLU = wrong(
    "Nothing bends between your two linear layers, so together they are one linear layer. The ReLU makes them more than that.",
    change("nn.ReLU()", "nn.Identity()"),
)

GELUForReLU = wrong(
    "You use GELU. Many later models do; here the statement asks for the ReLU of the first paper.",
    change("nn.ReLU()", "nn.GELU()"),
)

ReLUAtTheEnd = wrong(
    "There is a ReLU behind your last linear layer as well. What is added to the stream could then never be negative.",
    change("nn.Linear(d_ff, d_model)", "nn.Linear(d_ff, d_model), nn.ReLU()"),
)

NormsWithoutParameters = wrong(
    "Your norms have no weight and bias, so that the stream's copies all keep the same scale. nn.LayerNorm brings both unless told otherwise.",
    change(
        "self.norm_1 = nn.LayerNorm(d_model)", "self.norm_1 = nn.LayerNorm(d_model, elementwise_affine=False)"
    ),
    change(
        "self.norm_2 = nn.LayerNorm(d_model)", "self.norm_2 = nn.LayerNorm(d_model, elementwise_affine=False)"
    ),
)

NormOverPositions = wrong(
    "Your norm takes the mean over the positions too, so that one word's numbers depend on the others' without any attention. A position is normed by itself.",
    change(
        "self.norm_1(x)", "nn.functional.layer_norm(x, x.shape[1:]) * self.norm_1.weight + self.norm_1.bias"
    ),
)

OutputNormed = wrong(
    "Your layer norms what it returns, through norm_2 once more. In the pre-norm form the stream leaves a layer as the sum that it is.",
    change("x + self.feed_forward(self.norm_2(x))", "self.norm_2(x + self.feed_forward(self.norm_2(x)))"),
)

MaskTwice = wrong(
    "You set the positions that the mask hides to 0 in the stream. The mask says who may be *listened to*; a hidden position still has a stream of its own.",
    change(
        "return",
        "if mask is not None:\n    x = x * mask.expand(x.shape[0], -1, -1)[:, -1:].transpose(1, 2)\nreturn",
    ),
)

UnmaskedPostNorm = both(
    PostNorm,
    MaskForgotten,
    change("normed = self.norm_1(x)", "normed = x"),
    change(
        "x = x + self.attention(normed, normed, normed, mask)",
        "x = self.norm_1(x + self.attention(normed, normed, normed))",
    ),
    change("x + self.feed_forward(self.norm_2(x))", "self.norm_2(x + self.feed_forward(x))"),
)

NoReLUNoMask = both(NoReLU, MaskForgotten)


@right()
class WrittenOut(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.feed_forward = nn.Sequential(
            nn.Linear(d_model, d_ff), nn.ReLU(inplace=True), nn.Linear(d_ff, d_model)
        )
        self.norm_2 = nn.LayerNorm(d_model)
        self.norm_1 = nn.LayerNorm(d_model)
        self.attention = Attention(d_model=d_model, h=h)

    def forward(self, x, mask):
        attended = x + self.attention(*[self.norm_1(x)] * 3, mask=mask)
        first, bend, second = self.feed_forward
        return second(bend(first(self.norm_2(attended)))).add(attended)


@right()
class WithAHelper(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.attention = Attention(d_model, h)
        self.norm_1 = nn.LayerNorm([d_model])
        layers = [nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model)]
        self.feed_forward = nn.Sequential(*layers)
        self.norm_2 = nn.LayerNorm([d_model])

    def attend(self, x, mask):
        return self.attention(x, x, x, mask)

    def forward(self, x, mask):
        out = x + self.attend(self.norm_1(x), mask)
        out = out + self.feed_forward(self.norm_2(out))
        return out


@right()
class InPlaceOnItsOwn(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, mask) + x
        x = x.clone()
        x += self.feed_forward(self.norm_2(x.clone()))
        return x
