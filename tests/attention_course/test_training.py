import numpy as np
import pytest
import torch
from torch import nn

from attention_course.measuring.training import default_device, minibatches, set_seed, train


def a_line(seed=0, **kwargs):
    """Fit y = 3x − 1 and return the model and its losses."""
    set_seed(seed)
    model = nn.Linear(1, 1)
    x = torch.linspace(-1, 1, 50)[:, None]
    history = train(
        model, lambda model, x, y: (model(x) - y).square().mean(), (x, 3 * x - 1), batch_size=8, **kwargs
    )
    return model, history


def test_it_learns_and_returns_the_loss_of_each_step():
    model, history = a_line(steps=300, learning_rate=0.1)
    assert history.shape == (300,) and history[-1] < 1e-3 < history[0]
    assert model.weight.item() == pytest.approx(3, abs=0.05)
    assert not model.training


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    same = [a_line(steps=20, seed=4)[1] for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert (a_line(steps=20, seed=5)[1] != same[0]).any()


def test_the_order_of_the_batches_depends_on_the_seed_alone():
    orders = []
    for state in (1, 2):
        torch.manual_seed(state)  # the global generator must not matter
        seen = []
        model = nn.Linear(1, 1)
        train(
            model,
            lambda model, x, seen=seen: seen.extend(x[:, 0].tolist()) or model(x).sum(),
            (torch.arange(12.0)[:, None],),
            steps=3,
            batch_size=4,
            seed=7,
        )
        orders.append(seen)
    assert orders[0] == orders[1] and sorted(orders[0]) == list(range(12)) != orders[0]


def test_the_learning_rate_falls_linearly_to_zero():
    weights = []
    model = nn.Linear(1, 1, bias=False)

    def loss(model, x):
        weights.append(model.weight.item())
        return model(x).sum()  # a constant gradient: Adam moves by the learning rate

    train(model, loss, (torch.ones(4, 1),), steps=10, learning_rate=0.1)
    moves = -np.diff([*weights, model.weight.item()])
    np.testing.assert_allclose(moves, 0.1 * np.arange(10, 0, -1) / 10, rtol=1e-3)


def test_after_a_warmup_the_learning_rate_falls_over_the_rest():
    moves = {}
    for warmup in (0, 4):
        weights = []
        model = nn.Linear(1, 1, bias=False)

        def loss(model, x, weights=weights):
            weights.append(model.weight.item())
            return model(x).sum()

        train(model, loss, (torch.ones(4, 1),), steps=10, learning_rate=0.1, warmup=warmup)
        moves[warmup] = -np.diff([*weights, model.weight.item()])
    rising, falling = np.arange(1, 5) / 4, np.arange(6, 0, -1) / 6
    np.testing.assert_allclose(moves[4], 0.1 * np.concatenate([rising, falling]), rtol=1e-3)
    np.testing.assert_allclose(moves[0], 0.1 * np.arange(10, 0, -1) / 10, rtol=1e-3)


def test_one_pass_visits_every_row_once():
    rows = minibatches(10, 4, torch.Generator().manual_seed(0))
    assert [len(batch) for batch in rows] == [4, 4, 2]
    assert sorted(torch.cat(rows).tolist()) == list(range(10))


def test_long_gradients_are_clipped():
    lengths = []

    def loss(model, x):
        model.weight.register_hook(lambda gradient: lengths.append(gradient.norm().item()))
        return (1e6 * model(x)).sum()

    model = nn.Linear(1, 1, bias=False)
    train(model, loss, (torch.ones(4, 1),), steps=1, clip=0.5)
    assert lengths[0] > 1e5 and model.weight.grad.norm().item() == pytest.approx(0.5, rel=1e-3)


def test_set_seed_reaches_numpy_and_torch():
    draws = []
    for _ in range(2):
        set_seed(3)
        draws.append((np.random.rand(), torch.rand(()).item()))  # noqa: NPY002
    assert draws[0] == draws[1]


def test_progress_goes_to_stderr(capsys):
    a_line(steps=5, label="line")
    seen = capsys.readouterr()
    assert "5/5" in seen.err and not seen.out


def test_tensors_of_different_length_are_refused():
    with pytest.raises(ValueError, match="same length"):
        train(nn.Linear(1, 1), None, (torch.ones(3, 1), torch.ones(4, 1)), steps=1)


def test_a_loss_that_is_not_finite_stops_the_run():
    with pytest.raises(FloatingPointError, match="learning rate"):
        train(nn.Linear(1, 1), lambda model, x: model(x).sum() * torch.nan, (torch.ones(4, 1),), steps=3)


def test_the_device_is_one_that_works():
    assert torch.ones(2, device=default_device()).sum().item() == 2
