"""The mask switches: masks, weights and outputs, against the lesson's numbers and the package's."""

import pytest
from browsing import opened, rested

pytestmark = pytest.mark.browser


def mask_explorer(page, base, scene=None):
    element = opened(page, base, "mask")
    if scene:
        element.locator(f"input[value={scene}]").check()
    return element


def slide(element, name, value):
    element.locator(f"input.{name}[type=range]").evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); }", value
    )


def shown_numbers(element):
    return element.evaluate("e => ({...e.numbers, masked: null})")


@pytest.mark.parametrize("scene", ["behind", "before"])
def test_mask_explorer_agrees_with_the_lesson_and_the_package(scene, page, base):
    """The lesson's check, set by the switches and by hand; then other masks against ``attention_course.mechanisms.masking``."""
    import numpy as np

    from attention_course.mechanisms import masking

    element = mask_explorer(page, base, scene)
    data = element.evaluate("e => e.scene")
    check, n = data["check"], len(data["tokens"])
    element.locator(".padding[type=checkbox]").check()
    slide(element, "size", check["window"])
    assert element.locator("input.window").is_checked(), "moving the size switches the window on"
    row = element.locator(".masked tbody tr").nth(check["empty"]).locator("td")
    for k, allowed in enumerate(shown_numbers(element)["mask"][check["empty"]]):
        if allowed:
            row.nth(k).click()
    got = shown_numbers(element)
    assert np.allclose(got["weights"], check["weights"], atol=1e-12)
    assert np.allclose(got["outputs"], check["output"], atol=1e-12)
    assert check["empty"] in got["empty"] and len(got["empty"]) == (1 if scene == "behind" else 3)
    element.locator("button").click()
    for window in range(1, n + 1):
        slide(element, "size", window)
        real = np.arange(n) < data["length"] if scene == "behind" else np.arange(n) >= n - data["length"]
        mask = real & masking.sliding_window_mask(n, window)
        got = shown_numbers(element)
        assert np.array_equal(got["mask"], mask)
        assert np.allclose(got["weights"], masking.masked_softmax(np.array(data["scores"]), mask))


@pytest.mark.parametrize("width", [1280, 360])
def test_mask_explorer_cuts_no_number(width, page, base):
    page.set_viewport_size({"width": width, "height": 900})
    element = mask_explorer(page, base)
    cut = element.evaluate(
        "e => [...e.shadowRoot.querySelectorAll('td')].filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent)"
    )
    assert not cut


def test_mask_explorer_by_pointer(page, base):
    element = mask_explorer(page, base)
    element.locator(".causal").uncheck()
    n = len(element.evaluate("e => e.scene.tokens"))
    assert all(map(all, shown_numbers(element)["mask"]))
    cells = element.locator(".masked tbody tr").nth(1).locator("td")
    for k in range(n):
        cells.nth(k).click()
    assert cells.all_inner_texts() == ["−∞"] * n and shown_numbers(element)["empty"] == [1]
    assert element.locator(".weights tbody tr").nth(1).locator("td.total").inner_text() == "0"
    assert element.locator(".outputs tbody tr").nth(1).locator("td.words").is_visible()
    said = rested(page, element)
    assert "“deux” may look at nothing" in said and "output is (0, 0)" in said and "One row is empty" in said
    cells.nth(2).click()
    got = shown_numbers(element)
    assert got["weights"][1] == [0, 0, 1] + [0] * (n - 3) and got["empty"] == []
    assert got["outputs"][1] == element.evaluate("e => e.scene.values[2]")
    assert "gives most to “ours”, 100 %" in rested(page, element)
    element.locator("button").click()
    assert all(map(all, shown_numbers(element)["mask"])) and element.locator("button").is_disabled()
    slide(element, "length", 0)
    assert len(shown_numbers(element)["empty"]) == n and f"{n} rows are empty" in rested(page, element)


def test_mask_explorer_by_keyboard(page, base):
    element = mask_explorer(page, base)
    element.locator("input.size").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    cell = element.locator(".masked tbody tr").nth(4).locator("td").nth(0)
    assert cell.evaluate("e => e === e.getRootNode().activeElement"), "one stop, arrow keys within"
    assert cell.get_attribute("aria-selected") == "true"
    page.keyboard.press("Space")
    assert cell.get_attribute("aria-selected") == "false" and cell.inner_text() == "−∞"
    assert cell.get_attribute("aria-label") == "dorment looks at ⟨bos⟩: forbidden, set by hand"
    page.keyboard.press("Enter")
    assert cell.get_attribute("aria-selected") == "true"
    assert "“dorment” may look at 5 of 8 places" in rested(page, element)


def test_mask_explorer_shows_what_its_page_says(page, base):
    import numpy as np

    def row(token, which=0):
        tokens, got = element.evaluate("e => e.scene.tokens"), shown_numbers(element)
        q = [i for i, other in enumerate(tokens) if other == token][which]
        shares = {}
        for k, weight in zip(tokens, got["weights"][q], strict=True):
            shares.setdefault(k, []).append(round(100 * weight))
        return shares, got["outputs"][q]

    def told(key, share, output):
        """Whether the page's table, which stands in the element for readers without script, says so."""
        x, y = (f"{z:.2f}".replace("-", "−") for z in output)
        table = " ".join(element.evaluate("e => e.textContent").split())
        return f"{key}, {share} % ({x}, {y})" in table

    element = mask_explorer(page, base, "behind")
    padding = element.locator(".padding[type=checkbox]")
    shares, output = row("ne")
    assert told("ours", shares["ours"][0], output)
    before = shown_numbers(element)["outputs"]
    padding.check()
    after = shown_numbers(element)["outputs"]
    assert before[:6] == after[:6] and not np.allclose(before[6:], after[6:])
    padding.uncheck()
    element.locator(".causal").uncheck()
    assert row("ne")[0]["pas"][0] in range(20, 51), "a good part for a later word"
    element.locator(".causal").check()
    assert row("dorment")[0]["ne"][0] > 90
    element.locator(".masked tbody tr").nth(4).locator("td").nth(3).click()
    assert row("dorment")[0]["dorment"][0] > 90
    slide(element, "size", 1)
    assert element.locator("button").is_disabled(), "the window forbids that cell as well"
    assert np.allclose(shown_numbers(element)["outputs"], element.evaluate("e => e.scene.values"))
    element = mask_explorer(page, base, "before")
    shares, output = row("ne")
    assert shares["⟨pad⟩"][1] > 50 and told("the second pad", shares["⟨pad⟩"][1], output)
    element.locator(".padding[type=checkbox]").check()
    shares, output = row("ne")
    assert told("ours", shares["ours"][0], output)
    assert shown_numbers(element)["empty"] == [0, 1]


def test_mask_explorer_by_touch(touch_page, base):
    page = touch_page
    element = mask_explorer(page, base)
    cell = element.locator(".masked tbody tr").nth(0).locator("td").nth(0)
    cell.tap()
    assert shown_numbers(element)["empty"] == [0] and "“⟨bos⟩” may look at nothing" in rested(page, element)
