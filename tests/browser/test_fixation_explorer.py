"""The fixation explorer: looks, the model's path and what is kept, against the lesson's numbers."""

import pytest
from browsing import opened

pytestmark = pytest.mark.browser


def fixation_explorer(page, base):
    element = opened(page, base, "fixation")
    return element


def look(element):
    """Where the eye is, both paths, the numbers, once the picture is drawn."""
    element.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return element.evaluate(
        "e => ({at: e.fixation, yours: e.yours, models: e.models, path: e.shown.path, size: e.shown.size, ...e.numbers})"
    )


def sharpness(element, row, column, reach=14):
    """How much of the sharp picture's contrast is left on the canvas around a place: 1 is all."""
    return element.evaluate(
        """(e, [row, column, reach]) => {
          const spread = (data, width) => {
            const seen = [];
            for (let y = row - reach; y < row + reach; y++) for (let x = column - reach; x < column + reach; x++)
              seen.push(data[4 * (y * width + x)] - data[4 * (y * width + x + 1)]);
            return Math.sqrt(seen.reduce((sum, d) => sum + d * d, 0) / seen.length);
          };
          const width = e.shown.size[1], shown = e.pen.getImageData(0, 0, width, e.shown.size[0]).data;
          return spread(shown, width) / spread(e.shown.copies[0], width);
        }""",
        [row, column, reach],
    )


def test_fixation_explorer_agrees_with_the_lesson(page, base):
    """One look keeps the share that the lesson computed, for each photograph; the path starts where saliency is highest."""
    fixation_explorer(page, base)
    gaps = page.evaluate(
        """async () => {
          const { kept } = await import("/explorers/fixation-explorer.js");
          const e = document.querySelector("fixation-explorer");
          return e.photographs.map(({ size, degrees, check, saliency, path }) => {
            const h = saliency.length, w = saliency[0].length, top = saliency.flat().indexOf(Math.max(...saliency.flat()));
            const first = [Math.floor(top / w) * size[0] / h, (top % w) * size[1] / w];
            return [Math.abs(kept(size, [check.fixation], degrees, e.e2) - check.share), Math.hypot(first[0] - path[0][0], first[1] - path[0][1])];
          });
        }"""
    )
    assert len(gaps) == 2
    for share, place in gaps:
        assert share < 1e-9 and place < 8


def test_fixation_explorer_by_pointer(page, base):
    element = fixation_explorer(page, base)
    box = element.locator("canvas").bounding_box()
    face, patch = (0.25, 0.44), (0.75, 0.33)  # (down, across) on the astronaut

    def click(down, across):
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])

    click(*face)
    one = look(element)
    assert one["at"] == pytest.approx([0.25 * 480, 0.44 * 480], abs=3) and one["yours"] == [one["at"]]
    assert one["one"] == pytest.approx(one["all"])
    assert sharpness(element, 120, 211) > 0.8 and sharpness(element, 360, 158) < 0.3
    click(*patch)
    two = look(element)
    assert sharpness(element, 360, 158) > 0.7 and sharpness(element, 120, 211) < 0.4
    assert len(two["yours"]) == 2 and two["all"] > 1.3 * max(one["one"], two["one"])
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    assert look(element)["at"] == two["at"], "let go is let go"
    element.locator(".blur").uncheck()
    look(element)
    assert sharpness(element, 120, 211) == pytest.approx(1)
    element.locator(".clear").click()
    assert look(element)["yours"] == [] and look(element)["at"] == [240, 240]


def test_fixation_explorer_by_keyboard(page, base):
    element = fixation_explorer(page, base)
    handle = element.locator(".handle")
    handle.focus()
    before = look(element)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    after = look(element)
    assert after["at"] == [before["at"][0] - 32, before["at"][1] + 8] and after["yours"] == [after["at"]]
    assert handle.get_attribute("aria-valuetext") == "52 % from the left, 43 % from the top"
    page.keyboard.press("ArrowLeft")
    assert look(element)["at"][1] == before["at"][1], "the focus stays after a look"
    page.wait_for_timeout(400)
    said = element.locator(".says").inner_text()
    assert f"keeps {100 * look(element)['one']:.1f} %" in said and "1 look together" in said
    degrees = element.locator(".degrees")
    degrees.focus()
    page.keyboard.press("Home")
    near = look(element)["one"]
    page.keyboard.press("End")
    assert near > 0.2 > 0.02 > look(element)["one"]


def test_fixation_explorer_follows_the_model(page, base):
    element = fixation_explorer(page, base)
    ranks = []
    for number in range(1, 9):
        element.locator(".next").click()
        now = look(element)
        assert now["models"] == number and now["at"] == pytest.approx(now["path"][number - 1], abs=0.51)
        ranks.append(now["rank"])
    assert ranks[0] > 0.99 and min(ranks) > 0.5 and now["yours"] == []
    page.wait_for_timeout(400)
    assert element.locator(".says").inner_text().startswith("Look 8 of the model’s 8.")
    plain = element.evaluate("e => [...e.pen.getImageData(60, 60, 1, 1).data]")
    element.locator(".map").check()
    look(element)
    assert element.evaluate("e => [...e.pen.getImageData(60, 60, 1, 1).data]") != plain
    element.locator("input[value=coffee]").check()
    assert look(element)["size"] == [320, 480] and look(element)["models"] == 0


def test_fixation_explorer_by_touch(touch_page, base):
    page = touch_page
    element = fixation_explorer(page, base)
    box = element.locator("canvas").bounding_box()
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    assert look(element)["at"] == pytest.approx([120, 120], abs=5) and len(look(element)["yours"]) == 1
