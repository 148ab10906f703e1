"""Drag the query: by pointer, keyboard and touch, against the lesson's numbers."""

import pytest
from browsing import opened

pytestmark = pytest.mark.browser


def query_explorer(page, base, scene="two"):
    element = opened(page, base, "query")
    element.locator(f"input[value={scene}]").check()
    return element


def test_query_explorer_agrees_with_the_lesson(page, base):
    """Scores, weights and output of each scene are those that the lesson computed."""
    query_explorer(page, base)
    gap = page.evaluate(
        """async () => {
          const { attend } = await import("/explorers/query-explorer.js");
          const gaps = document.querySelector("query-explorer").scenes.map(({ keys, values, check }) => {
            const got = attend(check.query, keys, values, check.temperature);
            const pairs = [[got.output, check.output], ...got.scores.map((s, i) => [s, check.scores[i]]),
                           ...got.weights.map((w, i) => [w, check.weights[i]])];
            return Math.max(...pairs.map(([a, b]) => Math.abs(a - b)));
          });
          const far = attend([1e6, 0], [[1, 0], [2, 0]], [3, 4], 0.05);
          return [Math.max(...gaps), far.output];
        }"""
    )
    assert gap[0] < 1e-9
    assert gap[1] == 4, "huge scores must not overflow"


def state(element):
    return element.evaluate("e => ({query: e.query, temperature: e.temperature, ...e.numbers})")


def by_hand(element, scaled=True):
    """What the table must show for the query as it stands, computed here."""
    import numpy as np

    now = element.evaluate(
        "e => ({query: e.query, keys: e.scene.keys, values: e.scene.values, t: e.temperature})"
    )
    scores = np.array(now["keys"]) @ now["query"] / (now["t"] * (np.sqrt(2) if scaled else 1))
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    return scores, weights, weights @ now["values"]


def shown(element):
    cells = element.evaluate(
        "e => [...e.shadowRoot.querySelectorAll('tbody tr')].map(r => [...r.querySelectorAll('.number')].map(n => n.textContent))"
    )
    numbers = [[float(text.replace("−", "-")) for text in row] for row in cells]
    return [row[0] for row in numbers], [row[1] for row in numbers]


def assert_shows_the_truth(element, scaled=True):
    scores, weights, output = by_hand(element, scaled)
    got_scores, got_weights = shown(element)
    assert got_scores == pytest.approx(scores, abs=0.0051) and got_weights == pytest.approx(
        weights, abs=0.0051
    )
    assert state(element)["output"] == pytest.approx(output, abs=1e-9)


def test_query_explorer_by_pointer(page, base):
    element = query_explorer(page, base)
    before = state(element)
    box = element.locator(".handle .dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 45, steps=6)
    page.mouse.up()
    after = state(element)
    assert after["query"][0] < before["query"][0] and after["query"][1] < before["query"][1]
    assert_shows_the_truth(element)
    page.mouse.move(x, y)
    assert state(element)["query"] == after["query"], "let go is let go"


def test_query_explorer_by_keyboard(page, base):
    element = query_explorer(page, base, "many")
    handle = element.locator(".handle")
    before = state(element)["query"]
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    after = state(element)["query"]
    assert after == pytest.approx([before[0] + 0.1, before[1] - 0.5])
    assert_shows_the_truth(element)
    assert f"{after[0]:.2f}" in handle.get_attribute("aria-valuetext").replace("−", "-")
    page.wait_for_timeout(400)
    said = element.locator(".says").inner_text()
    assert "Output z" in said and f"{abs(state(element)['output']):.2f}" in said

    element.locator(".scaled").uncheck()
    assert_shows_the_truth(element, scaled=False)
    slider = element.locator(".temperature")
    slider.focus()
    page.keyboard.press("Home")
    cold = state(element)
    assert cold["temperature"] == pytest.approx(0.05, rel=1e-3)
    assert_shows_the_truth(element, scaled=False)
    page.keyboard.press("End")
    assert state(element)["temperature"] == pytest.approx(20, rel=1e-2)
    assert_shows_the_truth(element, scaled=False)
    assert max(state(element)["weights"]) < 0.3 < max(cold["weights"])
    element.locator("button").click()
    assert state(element)["query"] == pytest.approx(before)


def test_query_explorer_with_one_key_never_moves(page, base):
    element = query_explorer(page, base, "one")
    before = state(element)
    element.locator(".handle").focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    after = state(element)
    assert (
        after["scores"] != before["scores"]
        and after["weights"] == [1]
        and after["output"] == before["output"]
    )


def test_query_explorer_by_touch(touch_page, base):
    page = touch_page
    element = query_explorer(page, base)
    before = state(element)["query"]
    handle = element.locator(".handle .dot")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        point = {"x": x - 8 * step, "y": y + 8 * step}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = state(element)["query"]
    assert after[0] < before[0] and after[1] < before[1]
