"""What people write for ``DecoderLayer``."""

from autograder.answers.bank import Layer, both, change, right, wrong
from autograder.misconceptions.making import layer_inputs, layer_parameters


def probes(rng):
    def probe(b, n, m, d_model, h, d_ff, causal=None, words=None):
        norms, attentions = ("norm_1", "norm_2", "norm_3"), ("attention", "cross_attention")
        made = layer_parameters(rng, d_model, d_ff, norms, attentions)
        masks = (None if mask is None else torch.from_numpy(mask) for mask in (causal, words))
        inputs = layer_inputs(rng, (b, n, d_model), (b, m, d_model))
        return Layer((d_model, h, d_ff), made, (*inputs, *masks))

    words = np.array([[[True, True, False, False]], [[True, False, False, True]]])
    return [
        probe(2, 3, 5, 6, 2, 7),
        probe(2, 3, 4, 6, 3, 5, np.tri(3, dtype=bool), words),
        probe(2, 4, 4, 4, 4, 4, np.tri(4, dtype=bool), words),
        probe(2, 4, 4, 8, 2, 6, np.tri(4, dtype=bool), words & np.array([[[True]], [[False]]])),
    ]


MemoryAsks = wrong(
    "In your cross-attention the memory asks and the decoder answers. Who needs something asks: the queries come from the decoder, keys and values from the memory.",
    change(
        "x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)",
        "normed = self.norm_2(x)\nx = x + self.cross_attention(memory, normed, normed, memory_mask)",
    ),
)

ValuesFromTheDecoder = wrong(
    "Your keys come from the memory and your values from the decoder. Then the decoder finds itself, by the memory's addresses; what is found must be the memory's.",
    change("memory, memory, memory_mask", "memory, self.norm_2(x), memory_mask"),
)

KeysFromTheDecoder = wrong(
    "Your keys come from the decoder and your values from the memory. An address must belong to what stands there: both are the memory's.",
    change("memory, memory, memory_mask", "self.norm_2(x), memory, memory_mask"),
)

MasksExchanged = wrong(
    "Your two masks have changed places. The causal one concerns what is written, (n, n); memory_mask the source, (n, m).",
    change("normed, causal_mask", "normed, memory_mask"),
    change("memory, memory_mask", "memory, causal_mask"),
)

CausalMaskForgotten = wrong(
    "The causal mask does not reach your first attention. In training every position then reads the word that it is to predict.",
    change("normed, causal_mask)", "normed)"),
)

MemoryMaskForgotten = wrong(
    "memory_mask does not reach your second attention. The decoder then listens to the padding of the source.",
    change("memory, memory_mask)", "memory)"),
)

NoMasksAtAll = wrong(
    "Neither mask reaches its attention: the decoder reads its own future and the source's padding.",
    change("normed, causal_mask)", "normed)"),
    change("memory, memory_mask)", "memory)"),
)

MemoryNormed = wrong(
    "You norm the memory with norm_2 as well. It comes finished from the encoder; the layer's norm is for the stream that it reads.",
    change("memory, memory, memory_mask", "self.norm_2(memory), self.norm_2(memory), memory_mask"),
)

NoResidualAtFirst = wrong(
    "What your first attention finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
    change("x + self.attention", "self.attention"),
)

NoResidualAtCross = wrong(
    "What your cross-attention finds replaces the stream, and the decoder forgets what it has written. Add, do not replace.",
    change("x + self.cross_attention", "self.cross_attention"),
)

NoResidualAtLast = wrong(
    "What your feed-forward network finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
    change("x + self.feed_forward", "self.feed_forward"),
)

NoResidualsInDecoder = wrong(
    "All three parts of yours replace the stream. With weights near 0 almost nothing of what came in is left: add each to the stream.",
    change("x + self.attention", "self.attention"),
    change("x + self.cross_attention", "self.cross_attention"),
    change("x + self.feed_forward", "self.feed_forward"),
)

DecoderPostNorm = wrong(
    "Your norms stand behind the sums, as in the first paper. Here each part reads a normed copy, and the stream itself is never normed.",
    change("normed = self.norm_1(x)", "normed = x"),
    change(
        "x = x + self.attention(normed, normed, normed, causal_mask)",
        "x = self.norm_1(x + self.attention(normed, normed, normed, causal_mask))",
    ),
    change(
        "x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)",
        "x = self.norm_2(x + self.cross_attention(x, memory, memory, memory_mask))",
    ),
    change("x + self.feed_forward(self.norm_3(x))", "self.norm_3(x + self.feed_forward(x))"),
)

CrossFirst = wrong(
    "Your layer asks the encoder before it has read what is written. First the decoder's own attention, then the source.",
    change(
        "normed = self.norm_1(x)",
        "x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)\nnormed = self.norm_1(x)",
    ),
    change("x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)", ""),
)

NoCrossAttention = wrong(
    "Your layer never reads the memory. Without it a decoder writes without knowing what it translates.",
    change("x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)", ""),
)

CrossNotNormed = wrong(
    "The query of your cross-attention is the stream as it is. Each part reads a normed copy; norm_2 is there for this one.",
    change("self.norm_2(x)", "x"),
)

NormOnTheWrongSide = both(
    MemoryNormed,
    CrossNotNormed,
    change(
        "self.norm_2(x), memory, memory, memory_mask",
        "x, self.norm_2(memory), self.norm_2(memory), memory_mask",
    ),
)


NormsExchanged = wrong(
    "norm_2 and norm_3 have changed places. They are trained for the part that reads through them, and cannot stand in for each other.",
    change("self.norm_2(x)", "self.norm_3(x)"),
    change("self.norm_3(x)", "self.norm_2(x)"),
)

OneAttentionTwice = wrong(
    "One attention does both jobs, and cross_attention is never used. What to look for in one's own text and in the source are two things to learn.",
    change("self.cross_attention(", "self.attention("),
)

AttentionsExchanged = wrong(
    "Your two attentions have changed places: cross_attention reads the decoder's own text. The names are part of the statement; weights are loaded by them.",
    change("self.attention(", "self.cross_attention("),
    change("self.cross_attention(", "self.attention("),
)

CrossInParallel = wrong(
    "Your cross-attention reads what came into the layer, not what the first attention has made of it. Each part starts from the stream after the one before.",
    change("normed = self.norm_1(x)", "normed, asked = self.norm_1(x), self.norm_2(x)"),
    change("self.norm_2(x)", "asked"),
)

DecoderWithoutReLU = wrong(
    "Nothing bends between your two linear layers, so together they are one linear layer. The ReLU makes them more than that.",
    change("nn.ReLU()", "nn.Identity()"),
)

PostNormUnmasked = both(
    DecoderPostNorm,
    CausalMaskForgotten,
    change("normed = self.norm_1(x)", "normed = x"),
    change(
        "x = x + self.attention(normed, normed, normed, causal_mask)",
        "x = self.norm_1(x + self.attention(normed, normed, normed))",
    ),
    change(
        "x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)",
        "x = self.norm_2(x + self.cross_attention(x, memory, memory, memory_mask))",
    ),
    change("x + self.feed_forward(self.norm_3(x))", "self.norm_3(x + self.feed_forward(x))"),
)

NormedMemoryUnmasked = both(
    MemoryNormed,
    MemoryMaskForgotten,
    change("memory, memory, memory_mask", "self.norm_2(memory), self.norm_2(memory)"),
)


@right()
class WithLists(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        for i in (1, 2, 3):
            setattr(self, f"norm_{i}", nn.LayerNorm(d_model))
        self.cross_attention = Attention(d_model, h)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        for part in (
            lambda x: self.attention(*[self.norm_1(x)] * 3, causal_mask),
            lambda x: self.cross_attention(self.norm_2(x), memory, memory, mask=memory_mask),
            lambda x: self.feed_forward(self.norm_3(x)),
        ):
            x = x + part(x)
        return x


@right()
class NamedSteps(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))
        self.norm_3, self.norm_2, self.norm_1 = [nn.LayerNorm(d_model) for _ in range(3)]
        self.attention = Attention(d_model, h)
        self.cross_attention = Attention(d_model, h)

    def forward(self, x, memory, causal_mask, memory_mask):
        read = self.norm_1(x)
        own = self.attention(query=read, key=read, value=read, mask=causal_mask)
        asked = self.cross_attention(self.norm_2(x + own), memory, memory, memory_mask)
        thought = self.feed_forward(self.norm_3(x + own + asked))
        return x + own + asked + thought


@right()
class SumsTheOtherWayRound(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, mask=causal_mask) + x
        x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        thought = self.feed_forward(self.norm_3(x))
        return torch.stack([x, thought]).sum(0)
