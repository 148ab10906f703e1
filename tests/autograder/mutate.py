"""Mechanical mutants: the instructor's solution with one small thing changed, made through ``ast``.

The bank holds mistakes that people make; these are the ones that nobody thought of.  ``mutants`` makes them all;
``EQUIVALENT`` lists those that no test can tell from the solution, each with the reason.
"""

import ast
import copy

_SAME_SWAP = "swapping two axes has no order"
_SAME_WIDTH = "queries and keys have the same width"
_SAME_SETS = "an intersection has no order"
_WORDS = "the words of an error are free"
_LENGTH_ONE = "the axis has length one: its first entry is its last"
_LAST = "axis 2 of four is axis −2"
_RAISED = "what follows raises a ValueError itself: {}"
_VANISHES = "it is multiplied by e^−∞ = 0 before anything is added"
_SQUARED = "what follows is squared, so the sign is lost"

# (assignment, exercise) -> name of the mutant -> why no test can tell it from the solution
EQUIVALENT = {
    ("01-visual-attention", "center_surround"): {
        "center - surround -> surround - center": "the magnitude of a difference has no order",
    },
    ("01-visual-attention", "scanpath"): {
        "rows - row -> row - rows": _SQUARED,
        "cols - col -> col - cols": _SQUARED,
    },
    ("01-visual-attention", "attention_entropy"): {
        "1 -> 2 #2": "where the weight is 0 any positive number may stand under the logarithm",
    },
    ("02-context-vectors", "luong_scores"): {
        "ValueError(f\"kind is 'dot', 'general' or 'concat', not {kind!r}\") -> ValueError()": "its words are free",
        "0 -> -1": _LENGTH_ONE,
        "0 -> -1 #2": _LENGTH_ONE,
    },
    ("02-context-vectors", "attentional_hidden"): {
        "-1 -> 1": "the last of two axes is axis 1",
        "1 -> -1": "the same again: minus −1 is 1",
    },
    ("02-context-vectors", "AdditiveAttention"): {
        "-1 -> 1 #2": "the last of two axes is axis 1",
        "1 -> -1 #3": "the same again: minus −1 is 1",
        "torch.finfo(scores.dtype) -> torch.finfo()": "a stand-in's parameters are of torch's default type",
        "scores -> values #3": "scores and values have the same dtype",
    },
    ("02-context-vectors", "alignment_error_rate"): {
        "predicted & sure -> sure & predicted": _SAME_SETS,
        "predicted & possible -> possible & predicted": _SAME_SETS,
    },
    ("03-query-key-value", "kernel_pooling"): {
        "queries[:, None] - keys[None, :] -> keys[None, :] - queries[:, None]": _SQUARED,
        "keys[None, :] -> keys": "broadcasting puts the new axis in front by itself",
        "(None, :) -> :": "broadcasting puts the new axis in front by itself",
        "(None, :) -> None": "keys[None] is keys[None, :]",
    },
    ("03-query-key-value", "dot_product_attention"): {
        "keys.swapaxes(-1, -2) -> keys.swapaxes(-2, -1)": _SAME_SWAP,
        "queries -> keys #2": _SAME_WIDTH,
    },
    ("03-query-key-value", "soft_lookup"): {
        "-1 -> 1": "the last of two axes is axis 1",
        "1 -> -1": "the same again: minus −1 is 1",
        "keys - query -> query - keys": _SQUARED,
    },
    ("03-query-key-value", "self_attention"): {
        "keys.swapaxes(-1, -2) -> keys.swapaxes(-2, -1)": _SAME_SWAP,
        "queries -> keys #2": _SAME_WIDTH,
    },
    ("03-query-key-value", "structured_self_attention"): {
        "H.swapaxes(-1, -2) -> H.swapaxes(-2, -1)": _SAME_SWAP,
    },
    ("03-query-key-value", "hop_penalty"): {
        "A @ A.swapaxes(-1, -2) - np.eye(A.shape[1], dtype=A.dtype) -> "
        "np.eye(A.shape[1], dtype=A.dtype) - A @ A.swapaxes(-1, -2)": _SQUARED,
        "np.eye(A.shape[1], dtype=A.dtype) -> np.eye(A.shape[1])": "the statement allows any kind of number",
        "A.swapaxes(-1, -2) -> A.swapaxes(-2, -1)": _SAME_SWAP,
        "(-1, -2) -> (-2, -1)": "a sum over two axes has no order",
    },
    ("03-query-key-value", "SelfAttention"): {
        "k.transpose(-1, -2) -> k.transpose(-2, -1)": _SAME_SWAP,
        "q -> k #2": _SAME_WIDTH,
    },
    ("04-masking", "padding_mask"): {
        "ValueError(f'a sentence does not fit into {max_len} places') -> ValueError()": _WORDS,
    },
    ("04-masking", "causal_mask"): {
        "ValueError(f'n must not be negative, but is {n}') -> ValueError()": _WORDS,
    },
    ("04-masking", "sliding_window_mask"): {
        "(behind >= 0) & (behind < window) -> (behind < window) & (behind >= 0)": _SAME_SETS,
        "ValueError(f'a window holds the position itself; it cannot be {window}') -> ValueError()": _WORDS,
    },
    ("04-masking", "combine_masks"): {
        "padding[:, None, :] & causal -> causal & padding[:, None, :]": _SAME_SETS,
        "1 -> -1": "the last of two axes is axis 1",
        "ValueError(f'causal is {causal.shape}, and the padding is {n} wide') -> ValueError()": _WORDS,
        "(:, None, :) -> (:, None)": "an axis that is not named stays as it is",
    },
    ("04-masking", "masked_softmax"): {
        "0 -> 1": "exp(−∞ − x) is 0 for any finite x",
        "0 -> -1": "exp(−∞ − x) is 0 for any finite x",
        "0 -> 1 #2": "the largest allowed score gives exp(0), so a sum is 0 or at least 1, and one of 1 needs no division",
        "1 -> 2": "0 divided by any other number is 0",
        "1 -> -1": "0 divided by any other number is 0",
    },
    ("04-masking", "masked_attention"): {
        "keys.swapaxes(-1, -2) -> keys.swapaxes(-2, -1)": _SAME_SWAP,
        "queries -> keys #2": _SAME_WIDTH,
    },
    ("04-masking", "to_additive"): {
        "TypeError(f'{dtype} cannot hold −∞') -> TypeError()": _WORDS,
    },
    ("04-masking", "to_ignore_mask"): {
        "TypeError('a mask is a boolean array, True = may attend') -> TypeError()": _WORDS,
    },
    ("04-masking", "influence"): {
        "1 -> -1": "the last of two axes is axis 1",
    },
    ("05-multi-head", "split_heads"): {
        "if d % h -> never": _RAISED.format("the pieces do not add up for reshape"),
        "x.reshape(b, n, h, d // h).swapaxes(1, 2) -> x.reshape(b, n, h, d // h).swapaxes(2, 1)": _SAME_SWAP,
        "ValueError(f'{h} heads do not divide a width of {d}') -> ValueError()": _WORDS,
        "2 -> -2": _LAST,
    },
    ("05-multi-head", "merge_heads"): {
        "x.swapaxes(1, 2) -> x.swapaxes(2, 1)": _SAME_SWAP,
        "2 -> -2": _LAST,
    },
    ("05-multi-head", "multi_head_attention"): {
        "k.swapaxes(-1, -2) -> k.swapaxes(-2, -1)": _SAME_SWAP,
        "-2 -> 2": _LAST,
        "2 -> -2": "the same again: minus −2 is 2",
        "q -> k #2": _SAME_WIDTH,
    },
    ("05-multi-head", "positional_encoding"): {
        "if d % 2 -> never": _RAISED.format("the pairs do not add up for reshape"),
        "2 -> 1": _RAISED.format("the pairs do not add up for reshape"),
        "2 -> -2": "an odd number leaves a rest, whichever sign that has",
        "ValueError(f'sines and cosines come in pairs; the width {d} is odd') -> ValueError()": _WORDS,
    },
    ("05-multi-head", "MultiHeadAttention"): {
        **{
            f"self.W_{x}({name}).unflatten(-1, (self.h, -1)).transpose(1, 2) -> "
            f"self.W_{x}({name}).unflatten(-1, (self.h, -1)).transpose(2, 1)": _SAME_SWAP
            for x, name in (("q", "query"), ("k", "key"), ("v", "value"))
        },
        "ValueError(f'{h} heads do not divide a width of {d_model}') -> ValueError()": _WORDS,
        "2 -> -2": _LAST,
        "2 -> -2 #2": _LAST,
        "2 -> -2 #3": _LAST,
        "2 -> -2 #4": _LAST,
        "2 -> -2 #5": "the same again: minus −2 is 2",
        "2 -> -2 #6": _LAST,
        "k.transpose(-1, -2) -> k.transpose(-2, -1)": _SAME_SWAP,
        "-2 -> 2": _LAST,
        "torch.finfo(scores.dtype) -> torch.finfo()": "a stand-in's parameters are of torch's default type",
        "q -> k #2": _SAME_WIDTH,
        "q -> v #2": "queries and values have the same width",
        "(weights @ v).transpose(1, 2) -> (weights @ v).transpose(2, 1)": _SAME_SWAP,
    },
    ("05-multi-head", "attend_with_cache"): {
        "keys.swapaxes(-1, -2) -> keys.swapaxes(-2, -1)": _SAME_SWAP,
        "2 -> -2": _LAST,
        "2 -> -2 #2": _LAST,
        "2 -> -2 #3": "the same again: minus −2 is 2",
        "-2 -> 2": _LAST,
        "0 -> -1": _LENGTH_ONE,
        "1 -> -1": "the cache is a pair: its last part is part 1",
    },
    ("05-multi-head", "blockwise_attention"): {
        "1 -> 0": _RAISED.format("range refuses a step of 0"),
        "ValueError(f'a block holds a key at least; it cannot be {block}') -> ValueError()": _WORDS,
        "0 -> 1": _VANISHES,
        "0 -> -1": _VANISHES,
        "0 -> 1 #2": _VANISHES,
        "0 -> -1 #2": _VANISHES,
        "np.maximum(highest, scores.max(axis=1, keepdims=True)) -> "
        "np.maximum(scores.max(axis=1, keepdims=True), highest)": "a maximum has no order",
        "k -> v": "there are as many values as keys",
        "1 -> -1 #2": "the last of two axes is axis 1",
        "1 -> -1 #3": "the last of two axes is axis 1",
        "1 -> -1 #4": "the last of two axes is axis 1",
        "q -> k #2": _SAME_WIDTH,
    },
}

_OPERATORS = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_NEIGHBOURS = {
    "sum": ("mean", "max"),
    "mean": ("sum", "max"),
    "max": ("min", "sum", "mean"),
    "argmax": ("argmin",),
    "swapaxes": ("reshape",),
    "tanh": ("sin", "arctan"),
    "softmax": ("log_softmax",),
    "exp": ("exp2", "expm1"),
    "log2": ("log", "log10"),
    "stack": ("concatenate",),
}
_DROPPED = {"softmax", "sqrt", "tanh", "exp", "abs"}  # f(x) -> x


def mutants(source):
    """Name -> source, one change each.  A name says what stood there and what stands there now; #2 is the second such."""
    tree = ast.parse(source)
    made, texts = {}, {ast.unparse(tree)}
    for index, node in enumerate(ast.walk(tree)):
        for label, change in _changes(node):
            twin = copy.deepcopy(tree)
            place = list(ast.walk(twin))[index]
            before, after = _text(place), change(place)
            text = ast.unparse(ast.fix_missing_locations(_Replace(place, after).visit(twin)))
            if text in texts:
                continue
            texts.add(text)
            name = label or f"{before} -> {_text(after)}"
            again = sum(known.split(" #")[0] == name for known in made)
            made[f"{name} #{again + 1}" if again else name] = text
    return made


class _Replace(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else super().visit(node)


def _text(node):
    return ast.unparse(ast.fix_missing_locations(node))


def _changes(node):
    """(label or None, function from the node's twin to what takes its place)."""
    match node:
        case ast.BinOp(op=op):
            for other in _OPERATORS.get(type(op), ()):
                yield None, lambda n, other=other: _with(n, op=other())
            yield None, lambda n: n.left
            yield None, lambda n: n.right
            if not isinstance(op, ast.Add | ast.Mult):
                yield None, lambda n: _with(n, left=n.right, right=n.left)
        case ast.UnaryOp(op=ast.USub() | ast.Invert() | ast.Not()):
            yield None, lambda n: n.operand
        case ast.Compare(ops=[op], comparators=[_]):
            for other in _COMPARISONS.get(type(op), ()):
                yield None, lambda n, other=other: _with(n, ops=[other()])
        case ast.If(test=test):
            yield f"if {_text(test)} -> always", lambda n: _with(n, test=ast.Constant(True))
            yield f"if {_text(test)} -> never", lambda n: _with(n, test=ast.Constant(False))
        case ast.Break():
            yield "without 'break'", lambda n: ast.Pass()
        case ast.Constant(value=bool(value)):
            yield None, lambda n: ast.Constant(not value)
        case ast.Constant(value=int(value)):
            for other in {value + 1, value - 1, 0, 1, -value} - {value}:
                yield None, lambda n, other=other: ast.Constant(other)
        case ast.Call():
            yield from _changes_of_call(node)
        case ast.Subscript(slice=ast.Tuple()):
            yield None, lambda n: _with(n, slice=ast.Tuple(n.slice.elts[::-1], ast.Load()))
            yield None, lambda n: n.value
        case ast.Tuple(ctx=ast.Load(), elts=[_, _, *_]):
            for i in range(len(node.elts) - 1):
                yield None, lambda n, i=i: ast.Tuple(_swapped(n.elts, i), ast.Load())
            for i in range(len(node.elts)):
                yield None, lambda n, i=i: _one_less(n, i)
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign() | ast.Expr(value=ast.Call()):
            yield f"without {_text(node)!r}", lambda n: ast.Pass()
        case ast.Return():
            yield f"without {_text(node)!r}", lambda n: ast.Pass()
        case ast.Name(ctx=ast.Load(), id=name):
            for other in _ROLES.get(name, ()):
                yield None, lambda n, other=other: ast.Name(other, ast.Load())
        case ast.Attribute(ctx=ast.Load(), attr=name):
            for other in _ROLES.get(name, ()):
                yield None, lambda n, other=other: _with(n, attr=other)


# What could stand in for what: the other inputs and the other results.
_ALIKE = [
    ("queries", "keys", "values"),
    ("query", "keys", "values"),
    ("q", "k", "v"),
    ("W_q", "W_k", "W_v"),
    ("W_1", "W_2"),
    ("width", "d", "d_v"),
    ("H", "A"),
    ("values", "scores", "weights", "z"),
    ("rows", "cols"),
    ("row", "col"),
    ("center_sigma", "surround_sigma"),
    ("query", "keys"),
    ("context", "hidden"),
    ("token", "bos", "eos"),
    ("query_size", "key_size", "hidden_size"),
    ("predicted", "sure", "possible"),
    ("W", "v"),
]
_ROLES = {
    name: tuple(dict.fromkeys(other for group in _ALIKE if name in group for other in group if other != name))
    for name in {name for group in _ALIKE for name in group}
}


def _changes_of_call(call):
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    for other in _NEIGHBOURS.get(name, ()):
        if isinstance(call.func, ast.Attribute):
            yield None, lambda n, other=other: _with(n, func=_with(n.func, attr=other))
    if name in _DROPPED:
        yield None, lambda n: n.args[0]
    elif isinstance(call.func, ast.Attribute) and name in ("sum", "mean", "swapaxes", "transpose"):
        yield None, lambda n: n.func.value
    if name == "eye":
        yield None, lambda n: ast.Constant(0)
        yield None, lambda n: ast.Constant(1)
    for i in range(len(call.args)):
        yield None, lambda n, i=i: _with(n, args=n.args[:i] + n.args[i + 1 :])
    for i in range(len(call.args) - 1):
        yield None, lambda n, i=i: _with(n, args=_swapped(n.args, i))
    for i in range(len(call.keywords)):
        yield None, lambda n, i=i: _with(n, keywords=n.keywords[:i] + n.keywords[i + 1 :])


def _with(node, **fields):
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def _swapped(items, i):
    return [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def _one_less(node, i):
    rest = node.elts[:i] + node.elts[i + 1 :]
    return rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())
