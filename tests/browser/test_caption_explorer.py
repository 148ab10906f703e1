"""The caption explorer: heatmaps, boxes and sentences against the lesson's numbers."""

import numpy as np
import pytest
from browsing import PAGES, opened, rested

from attention_course.data.scenes import RELATIONS, inside

pytestmark = pytest.mark.browser


def shape(words):
    return [word if word in RELATIONS else "digit" for word in words]


def caption_explorer(page, base):
    element = opened(page, base, "caption", on="gates")
    data = element.evaluate("async e => (await (await fetch(e.getAttribute('src'))).json())")
    return element, data


def choose(element, t):
    element.locator(f".words input[value='{t}']").check(force=True)


def test_caption_explorer_says_what_the_lesson_counts(page, base):
    element, data = caption_explorer(page, base)
    hits, digits, relations = [], [], []
    for i, scene in enumerate(data["scenes"]):
        element.locator("select").select_option(index=i)
        alike = shape(scene["words"]) == shape(scene["caption"])
        for t, (word, alpha) in enumerate(zip(scene["words"], np.array(scene["alpha"]), strict=True)):
            choose(element, t)
            said = rested(page, element)
            row, column = divmod(int(alpha.argmax()), alpha.shape[1])
            assert f"For “{word}” the heaviest region, row {row + 1}, column {column + 1}, has" in said
            assert f"{100 * alpha.max():.0f} %" in said or f"{100 * alpha.max() + 0.001:.0f} %" in said
            (relations if word in RELATIONS else digits).append(alpha.max())
            box = scene["boxes"][t] if alike else None
            if box:
                hit = inside(box, row, column, data["stride"], margin=2)
                hits.append(hit)
                assert ("It lies in the box" if hit else "It lies outside") in said
                assert ("the name is right" in said) == (word == scene["caption"][t])
                assert element.locator(".scene .box.here").count() == 1
            else:
                assert "box of the digit" not in said and element.locator(".scene .box.here").count() == 0
            assert ("The caption is right" in said) == (scene["words"] == scene["caption"])
    assert np.mean(hits) > 0.8, "practically always in the box, says the page"
    assert np.median(digits) > 1.5 * np.median(relations), "and words of relation look wider"


def test_fallback_says_the_same(scriptless_page, page, base):
    _, data = caption_explorer(page, base)
    scriptless_page.goto(base + PAGES["gates explorer"])
    rows = scriptless_page.locator("caption-explorer tbody tr")
    for row, scene in zip(rows.all(), data["scenes"], strict=True):
        assert row.locator("td").nth(0).inner_text() == " ".join(scene["caption"])
        assert row.locator("td").nth(1).inner_text() == " ".join(scene["words"])


def test_caption_explorer_hides_its_boxes(page, base):
    element, data = caption_explorer(page, base)
    count = sum(box is not None for box in data["scenes"][0]["boxes"])
    assert element.locator(".scene .box").count() == count
    element.locator(".show-boxes").uncheck()
    assert element.locator(".scene .box").count() == 0 and element.locator(".scene .peak").count() == 1


def test_caption_explorer_by_keyboard(page, base):
    element, data = caption_explorer(page, base)
    element.locator(".words input[value='0']").focus()
    page.keyboard.press("ArrowRight")
    assert element.locator(".words input[value='1']").is_checked()
    assert f"For “{data['scenes'][0]['words'][1]}”" in rested(page, element)


@pytest.mark.parametrize("width", [1280, 360])
def test_caption_explorer_fits(width, page, base):
    page.set_viewport_size({"width": width, "height": 900})
    element, _ = caption_explorer(page, base)
    assert element.evaluate(
        "e => [...e.shadowRoot.querySelectorAll('*')].every(n => n.getBoundingClientRect().right <= e.getBoundingClientRect().right + 1)"
    )


def test_caption_explorer_by_touch(touch_page, base):
    element, data = caption_explorer(touch_page, base)
    element.locator(".words .tile").nth(2).tap()
    assert f"For “{data['scenes'][0]['words'][2]}”" in rested(touch_page, element)
