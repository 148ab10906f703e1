"""What an assignment gives to students, and that exercises and lessons mean the same."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from autograder.answers import assignment


def names_of(name):
    return assignment.load(name).namespace


def test_the_first_assignment_needs_numpy_alone():
    cells = assignment.load("01-visual-attention").solution.cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    without = "import sys; sys.modules.update(torch=None, scipy=None, matplotlib=None)"
    subprocess.run([sys.executable, "-c", "\n\n".join([without, *code])], check=True, timeout=120)


@pytest.mark.parametrize("sigma", [0.6, 1.0, 3.3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_given_blur_is_scipys(sigma, dtype):
    image = np.random.default_rng(0).normal(size=(23, 31)).astype(dtype)
    blurred = names_of("01-visual-attention")["gaussian_blur"](image, sigma)
    np.testing.assert_allclose(blurred, gaussian_filter(image, sigma, mode="nearest"), atol=1e-5)
    assert blurred.dtype == dtype


def test_the_given_step_leaves_its_state_as_it_was():
    state = {"time": 1, "logits": np.arange(24.0).reshape(2, 3, 4), "weights": np.ones((2, 3, 5))}
    logits, later, weights = names_of("02-context-vectors")["step"](2, state)
    assert logits.tolist() == [20, 21, 22, 23]
    assert weights.shape == (5,)
    assert (state["time"], later["time"]) == (1, 2)


def test_chapter_1_means_what_its_lessons_mean():
    from attention_course.mechanisms import glimpses, saliency

    rng, ours = np.random.default_rng(1), names_of("01-visual-attention")
    image, values, scores = rng.random((17, 23)), rng.normal(size=(5, 3)), rng.normal(size=5)
    weights = rng.dirichlet(np.ones(12)).reshape(3, 4)
    for name, module, arguments in (
        ("center_surround", saliency, (image, 1.0, 2.5)),
        ("scanpath", saliency, (image, 5, 3)),
        ("soft_attention", glimpses, (values, scores)),
        ("expected_location", glimpses, (weights,)),
        ("attention_entropy", glimpses, (weights,)),
    ):
        one, other = ours[name](*arguments), getattr(module, name)(*arguments)
        for mine, theirs in zip(*(x if isinstance(x, tuple) else (x,) for x in (one, other)), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-6, err_msg=name)


def test_chapter_2_means_what_its_lessons_mean():
    import torch

    from attention_course.mechanisms import alignment, seq2seq

    rng, ours = np.random.default_rng(2), names_of("02-context-vectors")
    predicted, sure, more = (rng.random((4, 6)) < 0.4 for _ in range(3))
    links = [map(tuple, np.argwhere(part).tolist()) for part in (predicted, sure, sure | more)]
    expected = alignment.alignment_error_rate(*links)
    assert ours["alignment_error_rate"](predicted, sure, sure | more) == pytest.approx(expected)
    mine, theirs = (module(5, 4, 3) for module in (ours["AdditiveAttention"], seq2seq.AdditiveAttention))
    mine.load_state_dict(theirs.state_dict())
    inputs = [torch.randn(2, 5), torch.randn(2, 6, 4), torch.randn(2, 6, 7), torch.rand(2, 6) < 0.5]
    inputs[3][0] = False
    for one, other in zip(mine(*inputs), theirs(*inputs), strict=True):
        torch.testing.assert_close(one, other)


def test_chapter_4_means_what_its_lessons_mean():
    from attention_course.mechanisms import masking

    rng, ours = np.random.default_rng(4), names_of("04-masking")
    q, k, v = (rng.normal(size=shape) for shape in ((2, 3, 8), (2, 5, 8), (2, 5, 6)))
    mask, x = rng.random((2, 3, 5)) < 0.5, rng.normal(size=(4, 3))
    mask[0, 0] = False
    for name, arguments in (
        ("padding_mask", (np.array([3, 0, 5]), 6)),
        ("causal_mask", (5,)),
        ("sliding_window_mask", (6, 3)),
        ("combine_masks", (mask[:, 0], np.tri(5, dtype=bool))),
        ("masked_softmax", (rng.normal(size=(2, 3, 5)), mask)),
        ("masked_attention", (q, k, v, mask)),
        ("to_additive", (mask, "float32")),
        ("to_ignore_mask", (mask,)),
        *(("influence", (ours[f], x, 0.1)) for f in ("mean_so_far", "next_row", "mean_of_all")),
    ):
        one, other = ours[name](*arguments), getattr(masking, name)(*arguments)
        for mine, theirs in zip(*(a if isinstance(a, tuple) else (a,) for a in (one, other)), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-6, err_msg=name)
            assert mine.dtype == theirs.dtype


def test_chapter_5_means_what_its_lessons_mean():
    import torch

    from attention_course.mechanisms import multi_head as heads
    from attention_course.mechanisms import positions, transformer

    rng, ours = np.random.default_rng(5), names_of("05-multi-head")
    x = rng.normal(size=(2, 3, 8))
    split = ours["split_heads"](x, 4)
    np.testing.assert_array_equal(split, heads.split_heads(x, 4))
    np.testing.assert_array_equal(ours["merge_heads"](split), heads.merge_heads(split))
    np.testing.assert_allclose(
        ours["positional_encoding"](7, 6), positions.positional_encoding(7, 6), atol=1e-12
    )

    query, key, mask = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.rand(2, 3, 5) < 0.5
    mask[0, 0] = False
    mine, theirs = (module(8, 4) for module in (ours["MultiHeadAttention"], heads.MultiHeadAttention))
    mine.load_state_dict(theirs.state_dict())
    theirs_of_all_heads = theirs(query, key, key, mask[:, None])
    for one, other in zip(mine(query, key, key, mask), theirs_of_all_heads, strict=True):
        torch.testing.assert_close(one, other)
    weights = [theirs.state_dict()[f"W_{name}.weight"].T.numpy() for name in "qkvo"]
    arrays = [part.numpy() for part in (query, key)]
    in_numpy = ours["multi_head_attention"](*arrays, *weights, 4, mask.numpy())
    for one, other in zip(in_numpy, theirs_of_all_heads, strict=True):
        np.testing.assert_allclose(one, other.detach(), atol=1e-5)

    causal, words = torch.from_numpy(np.tri(3, dtype=bool)), mask[:, 1:2]
    for name, inputs, ours_to_theirs in (
        ("EncoderLayer", (query, causal), {"attention": "self_attention"}),
        (
            "DecoderLayer",
            (query, key, causal, words),
            {"attention": "self_attention", "cross_attention": "cross_attention"},
        ),
    ):
        mine, theirs = ours[name](8, 4, 7), getattr(transformer, name)(8, 4, 7)
        with torch.no_grad():
            for parameter in theirs.parameters():
                parameter.copy_(torch.randn_like(parameter) / 2)
        mine.feed_forward.load_state_dict(theirs.feed_forward.state_dict())
        for i, residual in enumerate(theirs.residuals, 1):
            getattr(mine, f"norm_{i}").load_state_dict(residual.norm.state_dict())
        for here, there in ours_to_theirs.items():
            inner, outer = getattr(mine, here).inner, getattr(theirs, there)
            projections = [getattr(outer, f"W_{part}").weight for part in "qkv"]
            parts = {"in_proj_weight": torch.cat(projections), "out_proj.weight": outer.W_o.weight}
            inner.load_state_dict(parts)
        masks = [part[:, None] if part.dtype == torch.bool and part.ndim == 3 else part for part in inputs]
        torch.testing.assert_close(mine(*inputs), theirs(*masks), atol=1e-4, rtol=1e-4)


def test_chapter_6_means_what_its_lessons_mean():
    import torch

    from attention_course.mechanisms import channel_attention as channels

    ours = names_of("06-channel-attention")
    x, kernel = torch.randn(2, 6, 5, 4), torch.randn(1, 2, 3, 3)
    z, W_1, W_2 = x.mean((2, 3)), torch.randn(3, 6), torch.randn(6, 3)
    for name, arguments in (
        ("squeeze", (x,)),
        ("excite", (z, W_1, W_2)),
        ("channel_gate", (x, W_1, W_2)),
        ("spatial_gate", (x, kernel)),
    ):
        torch.testing.assert_close(ours[name](*arguments), getattr(channels, name)(*arguments))
    for sizes in ((64,), (256, 2, 1), (48, 1.5, -3)):
        assert ours["eca_kernel_size"](*sizes) == channels.eca_kernel_size(*sizes)
    for name, init in (("SEBlock", (6, 2)), ("ECABlock", (6, 1, 3)), ("CBAM", (6, 2, 3))):
        mine, theirs = ours[name](*init), getattr(channels, name)(*init)
        mine.load_state_dict(theirs.state_dict())
        torch.testing.assert_close(mine(x), theirs(x))
