import pytest
import torch
from torch import nn

from attention_course.mechanisms import efficient

B, H, G, N, M, D = 2, 8, 4, 3, 6, 5


@pytest.fixture
def shared():
    torch.manual_seed(0)
    return torch.randn(B, H, N, D), torch.randn(B, G, M, D), torch.randn(B, G, M, D + 2)


def test_a_group_shares_its_keys_head_by_head(shared):
    q, k, v = shared
    out = efficient.grouped(q, k, v)
    torch.testing.assert_close(out, efficient.copied(q, k, v))
    for head in range(H):
        group = head // (H // G)
        torch.testing.assert_close(out[:, head], efficient.attend(q[:, head], k[:, group], v[:, group]))


@pytest.mark.parametrize("block", [1, 2, 4, 6, 9])
def test_blocks_of_any_size_give_the_plain_softmax(block, shared):
    q, k, v = (x[:, :G] for x in shared)
    torch.testing.assert_close(efficient.blockwise(q, k, v, block), efficient.attend(q, k, v))


def test_notes_can_be_joined_in_either_order(shared):
    q, k, v = (x[:, :G] for x in shared)
    parts = [efficient.note(q, k[..., part, :], v[..., part, :]) for part in (slice(2), slice(2, None))]
    for one, other in (parts, parts[::-1]):
        _, total, out = efficient.join(one, other)
        torch.testing.assert_close(out / total, efficient.attend(q, k, v))


@torch.no_grad()
def test_a_cache_gives_what_the_whole_sentence_gives():
    torch.manual_seed(0)
    layers, x = nn.ModuleList(efficient.CachedLayer(12, 3) for _ in range(2)), torch.randn(B, 7, 12)
    caches, out = efficient.empty_caches(layers, B, 7), []
    for t in range(7):
        place = x[:, t : t + 1]
        for layer, cache in zip(layers, caches, strict=True):
            place = layer.step(place, cache, t)
        out.append(place)
    torch.testing.assert_close(torch.cat(out, dim=1), efficient.whole(layers, x))
    assert not torch.allclose(efficient.whole(layers, x, causal=False), efficient.whole(layers, x))


def test_grouped_attention_does_not_look_at_padding():
    torch.manual_seed(0)
    layer, x, y = efficient.Grouped(12, h=4, g=2, width=3), torch.randn(B, N, 12), torch.randn(B, M, 12)
    mask = torch.arange(M) < torch.tensor([[4], [6]])
    moved = y.clone()
    moved[0, 4:] += 1
    torch.testing.assert_close(layer(x, y, mask), layer(x, moved, mask))
    assert layer(x, y, mask).shape == x.shape
