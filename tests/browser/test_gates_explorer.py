"""The gates explorer: scores recomputed from the lesson's numbers, and what its page says of them."""

import numpy as np
import pytest
from browsing import opened, rested

pytestmark = pytest.mark.browser


@pytest.fixture
def data(page, base):
    """The lesson's numbers as arrays; opens the page, too."""
    element = opened(page, base, "gates")
    got = element.evaluate("async e => (await (await fetch(e.getAttribute('src'))).json())")
    return {key: value if key in ("classes", "found") else np.array(value) for key, value in got.items()}


def probabilities(data, i, gates):
    scores = data["weight"] @ (gates * data["means"][i]) + data["bias"]
    grown = np.exp(scores - scores.max())
    return grown / grown.sum()


def choose(element, i):
    element.locator(f".pictures input[value='{i}']").check(force=True)


def leader(element):
    return element.locator("tr.leads .name-of").inner_text()


def slider(element, k):
    return element.get_by_label(f"Gate of channel {k}", exact=True)


def shown(element):
    """Percentages of the classes, as the table says."""
    rows = "[...e.shadowRoot.querySelectorAll('tbody tr')]"  # the fallback has a table, too
    return element.evaluate(f"e => {rows}.map(row => parseInt(row.cells[2].textContent))")


def use(data, i):
    """Channels (from 1) by what they add to the score of picture i's class, most first."""
    adds = data["weight"][data["labels"][i]] * data["gates"][i] * data["means"][i]
    return 1 + np.argsort(-adds, kind="stable")


def test_gates_explorer_computes_the_scores_of_the_network(page, data):
    element = page.locator("gates-explorer")
    assert element.locator(".map").count() == 32
    for i, label in enumerate(data["labels"]):
        choose(element, i)
        own = probabilities(data, i, data["gates"][i])
        np.testing.assert_allclose(
            data["weight"] @ (data["gates"][i] * data["means"][i]) + data["bias"],
            data["scores"][i],
            atol=1e-3,
        )
        np.testing.assert_allclose(shown(element), 100 * own, atol=0.51)
        assert leader(element) == data["classes"][own.argmax()] == data["classes"][label]
        for name, gates in (("open", np.ones(32)), ("closed", np.zeros(32)), ("own", data["gates"][i])):
            element.locator(f".{name}-gates").click()
            np.testing.assert_allclose(shown(element), 100 * probabilities(data, i, gates), atol=0.51)
        gates = data["gates"][i].copy()
        for k, value in ((0, 0.25), (20, 0.5)):
            slider(element, k + 1).fill(str(value))
            gates[k] = value
        np.testing.assert_allclose(shown(element), 100 * probabilities(data, i, gates), atol=0.51)
        assert "Channel 21 from" in rested(page, element) and "to 0.50" in rested(page, element)


def test_maps_are_their_gates_mean(data):
    values = data["maps"] / data["levels"] * data["units"][:, :, None, None]
    np.testing.assert_allclose(values.mean((2, 3)), data["means"], atol=0.02 + 1e-3 * data["units"].max())


def test_gates_explorer_shows_what_its_page_says(page, data):
    element, classes, labels = page.locator("gates-explorer"), data["classes"], data["labels"]
    names = [classes[label] for label in labels]
    found = data["found"]
    narrow = np.array(found["narrow"]) - 1
    for name, gates in zip(names, data["gates"], strict=True):
        closed = name in ("grass", "gravel")
        assert (gates[narrow] < 0.25).all() if closed else (gates[narrow] > 0.6).all()
    kept, gained, lost, better = [], [], [], []
    for i, label in enumerate(labels):
        own = probabilities(data, i, data["gates"][i])
        every = probabilities(data, i, np.ones(32))
        kept.append(every.argmax() == label)
        gained.append(every[label] > own[label])
        choose(element, i)
        element.locator("input[value='use']").check()
        order = [int(text) for text in element.locator(".map b").all_inner_texts()]
        assert order == use(data, i).tolist()
        for k in order[:4]:
            slider(element, k).fill("0")
        lost.append(leader(element) != names[i])
        element.locator(".own-gates").click()
        before = shown(element)[label]
        for k in order[-3:]:
            slider(element, k).fill("0")
        better.append(shown(element)[label] > before)
        element.locator(".closed-gates").click()
        assert leader(element) == found["closed"]
    counts = {"kept": kept, "gained": gained, "lost": lost, "better": better}
    assert {name: sum(values) for name, values in counts.items()} == {name: found[name] for name in counts}
    assert min(map(sum, (kept, lost, better))) >= 4, "the page's sentences speak of most pictures"


@pytest.mark.parametrize("width", [1280, 360])
def test_gates_explorer_fits(width, page, base):
    page.set_viewport_size({"width": width, "height": 900})
    element = opened(page, base, "gates")
    assert element.evaluate(
        "e => [...e.shadowRoot.querySelectorAll('*')].every(n => n.getBoundingClientRect().right <= e.getBoundingClientRect().right + 1)"
    )
    sizes = element.evaluate(
        "e => [...e.shadowRoot.querySelectorAll('input[type=range], button')].map(n => [n.getBoundingClientRect().width, n.getBoundingClientRect().height])"
    )
    assert min(side for size in sizes for side in size) >= 24


def test_gates_explorer_by_keyboard(page, data):
    element = page.locator("gates-explorer")
    element.locator(".pictures input[value='0']").focus()
    page.keyboard.press("ArrowRight")
    assert "A picture of grass." in rested(page, element)
    handle = slider(element, 1)
    handle.focus()
    page.keyboard.press("Home")
    assert handle.input_value() == "0" and "Channel 1 from" in rested(page, element)
    page.keyboard.press("ArrowUp")
    assert float(handle.input_value()) == pytest.approx(0.01)
    assert handle.get_attribute("aria-valuetext").startswith("0.01, the network's is ")


def test_gates_explorer_by_touch(touch_page, base):
    element = opened(touch_page, base, "gates")
    before = shown(element)
    tile = element.locator(".map .black").nth(0)
    tile.tap()
    assert slider(element, 1).input_value() == "0" and shown(element) != before
    tile.tap()
    assert shown(element) == before
