"""The alignment viewer: weights, gold links and error rates, against the lessons' numbers."""

import pytest
from browsing import opened, rested

pytestmark = pytest.mark.browser


def alignment_explorer(page, base, group=None, starts=None):
    """The viewer, showing the first item of ``group`` whose tokens start with the words ``starts``."""
    element = opened(page, base, "alignment")
    if group:
        element.locator(f"input[value={group}]").check()
    if starts:
        labels = element.locator("option").all_inner_texts()
        element.locator("select").select_option(
            index=[text.startswith(starts) for text in labels].index(True)
        )
    return element


def weights_shown(element, side):
    return [int(text) for text in element.locator(f".{side} .number").all_inner_texts()]


def test_alignment_explorer_agrees_with_the_lessons(page, base):
    """Every file's check is what stands on the screen; links and their error rate are those of the package."""
    from attention_course.mechanisms.alignment import alignment_error_rate

    element = alignment_explorer(page, base)
    files = element.evaluate("e => e.files")
    assert len(files) == 2
    for file in files:
        check = file["check"]
        item = file["items"][check["item"]]
        sign = "" if item["group"] == "dates" else " "
        alignment_explorer(page, base, item["group"], sign.join(item["source"]))
        element.locator(".output .token").nth(check["output"]).click()
        shown = weights_shown(element, "source")
        assert shown[check["source"]] == max(shown) == pytest.approx(100 * check["weight"], abs=0.51)
        assert shown == pytest.approx([100 * w for w in item["weights"][check["output"]]], abs=0.51)
    got = page.evaluate(
        """async () => {
          const { links, errorRate } = await import("/explorers/alignment-explorer.js");
          return document.querySelector("alignment-explorer").items.map(item => [links(item), errorRate(item)]);
        }"""
    )
    items = [item for file in files for item in file["items"]]
    for item, (links, rate) in zip(items, got, strict=True):
        assert links == [row.index(max(row)) for row in item["weights"]]
        if "possible" in item:
            sure = {(t, s) for t, row in enumerate(item["gold"]) for s in row}
            maybe = sure | {(t, s) for t, row in enumerate(item["possible"]) for s in row}
            assert rate == pytest.approx(alignment_error_rate(set(enumerate(links)), sure, maybe))


def test_alignment_explorer_by_pointer(page, base):
    element = alignment_explorer(page, base, "French", "Tom chases Jerry")
    written, read = element.locator(".output .token"), element.locator(".source .token")
    written.nth(1).hover()
    row = weights_shown(element, "source")
    assert row[1] == max(row) > 50 and abs(sum(row) - 100) <= 2
    assert "“poursuit” the network looks at “chases”" in rested(page, element)
    assert element.locator("path.weight").count() >= 1
    page.mouse.move(5, 5)
    assert weights_shown(element, "source")[0] > 50, "off the words, the chosen one is shown again"
    read.nth(2).click()
    page.mouse.move(5, 5)
    column = weights_shown(element, "output")
    assert column == pytest.approx([100 * r[2] for r in element.evaluate("e => e.item.weights")], abs=0.51)
    assert "“Jerry” is looked at for “Jerry”" in rested(page, element)
    assert read.nth(2).get_attribute("aria-selected") == "true"


def test_alignment_explorer_by_keyboard(page, base):
    element = alignment_explorer(page, base, "Chinese", "Tom chases Jerry")
    written = element.locator(".output .token")
    element.locator(".show-all").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert written.nth(0).evaluate("e => e === e.getRootNode().activeElement"), "one stop a row"
    page.keyboard.press("ArrowDown")
    assert written.nth(1).get_attribute("aria-selected") == "true"
    assert "“追逐”" in rested(page, element)
    assert element.locator(".source .token").nth(1).get_attribute("aria-label").startswith("chases, ")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert written.last.get_attribute("aria-selected") == "true"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")
    assert element.locator(".source .token").nth(0).get_attribute("aria-selected") == "true"
    assert element.locator(".output .tokens").get_attribute("lang") == "zh-Hans"


def test_alignment_explorer_shows_gold_on_request(page, base):
    element = alignment_explorer(page, base, "French", "Max helps Max")
    ne = element.evaluate("e => e.item.output.indexOf('ne')")
    element.locator(".output .token").nth(ne).click()
    assert set(element.locator(".mark").all_inner_texts()) == {""} and "old" not in rested(page, element)
    plain = element.locator("path").count()
    element.locator(".show-gold").check()
    marks = element.locator(".mark").all_inner_texts()
    assert marks[0] == "✓" and marks[ne] == "○" and len(marks) == len(element.evaluate("e => e.links"))
    assert element.locator("path.sure-link").count() and element.locator("path").count() > plain
    assert element.locator(".source .token.gold .word").all_inner_texts() == ["not"]
    assert "Gold: “not”. Gold calls this link possible." in rested(page, element)
    assert "alignment error rate" in element.locator(".tally").inner_text()
    element.locator("input[value=dates]").check()
    assert "–" in element.locator(".mark").all_inner_texts(), "hyphens have no gold"
    assert "error rate" not in element.locator(".tally").inner_text()


def test_alignment_explorer_shows_what_its_page_says(page, base):
    element = alignment_explorer(page, base)

    def looked(item, word, which=0):
        """The token most looked at for the ``which``-th ``word``, and the row of weights."""
        t = [i for i, token in enumerate(item["output"]) if token == word][which]
        row = item["weights"][t]
        return item["source"][row.index(max(row))], row

    items = element.evaluate("e => e.items")
    of = {group: [i for i in items if i["group"] == group] for group in ("French", "Chinese", "dates")}
    hen = [next(i for i in of[g] if "hen" in i["source"]) for g in ("French", "Chinese")]
    assert looked(hen[0], "ne")[0] == looked(hen[1], "不")[0] == "does"
    mouse = next(i for i in of["Chinese"] if "pretty" in i["source"])
    assert looked(mouse, "匹")[0] == "horse" and looked(mouse, "只")[0] == "mouse"
    idle = [
        s.index(max(s))
        for i in of["Chinese"]
        for s, o in zip(i["weights"], i["output"], strict=True)
        if o == "的"
    ]
    adjectives = [i["possible"][t][0] for i in of["Chinese"] for t, o in enumerate(i["output"]) if o == "的"]
    ahead = [look > own for look, own in zip(idle, adjectives, strict=True)]
    assert len(ahead) > 3 and sum(ahead) > 0.7 * len(ahead), "idle glances go further on"
    last = of["French"][-1]
    places = [s for s, word in enumerate(last["source"]) if word == "and"]
    row = looked(last, "et")[1]
    assert len(places) == 2 and abs(row[places[0]] - row[places[1]]) < 0.15 < min(row[s] for s in places)
    assert not last["right"] and last["output"].count("et") == 1, "it ends a clause too early"
    beside = [
        min(abs(i["weights"][7].index(max(i["weights"][7])) - s) for s in i["gold"][9]) <= 1
        for i in of["dates"]
    ]
    assert sum(beside) > 0.7 * len(beside), "the hyphen before the day looks at the day or beside it"
    date = next(i for i in of["dates"] if "".join(i["source"]) == "September 3rd, 1989")
    assert looked(date, "1")[0] == "8"


def test_alignment_explorer_by_touch(touch_page, base):
    page = touch_page
    element = alignment_explorer(page, base, "dates")
    element.locator(".output .token").nth(3).tap()
    assert element.locator(".output .token").nth(3).get_attribute("aria-selected") == "true"
    assert max(weights_shown(element, "source")) > 50
    element.locator(".source .token").nth(0).tap()
    assert len(weights_shown(element, "output")) == 10
