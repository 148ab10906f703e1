"""The heads viewer: weights of every head, gold links and error rates, against the lesson's numbers."""

import pytest
from browsing import opened, rested

pytestmark = pytest.mark.browser


def heads_explorer(page, base, kind="cross", starts=None, layer=0, head=0):
    """The viewer, showing one head on the first sentence that starts with the words ``starts``."""
    element = opened(page, base, "heads")
    element.locator(f"input[value='{kind}']").check()
    if starts:
        labels = element.locator("option").all_inner_texts()
        element.locator("select").select_option(
            index=[text.startswith(starts) for text in labels].index(True)
        )
    choose(element, layer, head)
    return element


def choose(element, layer, head):
    element.locator(f"input[value='{layer},{head}']").check(force=True)


def shown(element):
    return element.evaluate("e => ({rows: e.rows, columns: e.columns, map: e.map})")


def favourite(element, word, which=0):
    """The column with the largest weight in the row of the ``which``-th ``word``, and the weight in percent."""
    got = shown(element)
    row = got["map"][[i for i, other in enumerate(got["rows"]) if other == word][which]]
    return got["columns"][row.index(max(row))], round(100 * max(row))


def cell(element, q, k):
    return element.locator(".large tbody tr").nth(q).locator("td").nth(k)


def test_heads_explorer_agrees_with_the_lesson_and_the_package(page, base):
    import numpy as np

    from attention_course.mechanisms.alignment import alignment_error_rate, links_from_weights

    element = heads_explorer(page, base)
    items = element.evaluate("e => e.items")
    check = page.evaluate(
        "async () => (await (await fetch(document.querySelector('heads-explorer').getAttribute('src'))).json()).check"
    )
    item = items[check["item"]]
    element = heads_explorer(
        page, base, check["kind"], " ".join(item["source"]), check["layer"], check["head"]
    )
    text = cell(element, check["row"], check["column"]).inner_text()
    assert float(text) == pytest.approx(100 * check["weight"], abs=0.6)
    element.locator(".show-gold").check()
    for item in items:
        n = len(item["output"])
        sizes = {"encoder self": (len(item["source"]),) * 2, "decoder self": (n + 1,) * 2}
        for kind, maps in item["weights"].items():
            maps = np.array(maps)
            assert maps.shape == (2, 4, *sizes.get(kind, (n + 1, len(item["source"]))))
            np.testing.assert_allclose(maps.sum(-1), 1, atol=0.02)
        assert not np.triu(item["weights"]["decoder self"], 1).any()
        element.locator("select").select_option(label=" ".join(item["source"]))
        for layer, head in ((0, 0), (1, 3), (0, 4)):
            choose(element, layer, head)
            heads = np.array(item["weights"]["cross"][layer])
            weights = heads[head] if head < 4 else heads.mean(0)
            np.testing.assert_allclose(shown(element)["map"], weights, atol=1e-9)
            links = {
                name: {(t, s) for t, row in enumerate(item[name]) for s in row}
                for name in ("gold", "possible")
            }
            rate = alignment_error_rate(links_from_weights(weights[:n]), links["gold"], links["possible"])
            text = element.locator(".rate").inner_text()
            assert f"{rate:.2f}." in text if item["right"] else "wrong" in text


@pytest.mark.parametrize("width", [1280, 360])
def test_heads_explorer_cuts_no_word_and_keeps_its_maps(width, page, base):
    page.set_viewport_size({"width": width, "height": 900})
    element = heads_explorer(page, base)
    assert element.locator(".tile svg").count() == 10
    for i in range(element.locator("option").count()):
        element.locator("select").select_option(index=i)
        cut = element.evaluate(
            "e => [...e.shadowRoot.querySelectorAll('th, td')].filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent)"
        )
        assert not cut
        assert element.evaluate("e => e.shadowRoot.querySelector('table').scrollWidth <= e.clientWidth")


def test_heads_explorer_by_pointer(page, base):
    element = heads_explorer(page, base, "cross", "the black cat", 0, 1)
    cell(element, 0, 0).hover()
    assert "Layer 1, head 2: “le” gives “the” 100 %." in rested(page, element)
    cell(element, 3, 4).hover()
    assert "To write “ne” the head looks at" in rested(page, element)
    assert element.locator(".large tbody th.at").inner_text() == "ne"
    assert element.locator(".large thead th.at").inner_text() == "not"
    assert element.locator(".rate").count() == 1 and element.locator(".rate").inner_text() == ""
    element.locator(".show-gold").check()
    assert cell(element, 0, 0).evaluate("e => e.className").startswith("sure")
    assert "Gold: “not”." in rested(page, element)
    assert element.locator("td.possible").count() >= 2, "does belongs to ne and pas, perhaps"
    element.locator("input[value='decoder self']").check()
    assert element.locator(".show-gold").is_disabled() and element.locator("td.sure").count() == 0
    n = len(shown(element)["rows"])
    assert element.locator("td.later").count() == n * (n - 1) / 2
    cell(element, 0, 2).click()
    assert "“le” may not look at “chat”, which comes later" in rested(page, element)


def test_heads_explorer_by_keyboard(page, base):
    element = heads_explorer(page, base, "cross", "Tom chases Jerry")
    element.locator("input[value='0,0']").focus()
    page.keyboard.press("ArrowRight")
    assert element.locator("input[value='0,1']").is_checked()
    assert element.locator(".large table").get_attribute("aria-label").startswith("Layer 1, head 2.")
    page.keyboard.press("Tab")
    assert cell(element, 0, 0).evaluate("e => e === e.getRootNode().activeElement"), "one stop for the map"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    corner = cell(element, 1, 2)
    assert corner.evaluate("e => e === e.getRootNode().activeElement")
    assert corner.get_attribute("aria-label").startswith("poursuit looks at Jerry: ")
    assert "“poursuit” gives “Jerry”" in rested(page, element)
    page.keyboard.press("ArrowRight")
    assert corner.evaluate("e => e === e.getRootNode().activeElement"), "the edge holds"
    assert element.locator("td[tabindex='0']").count() == 1
    assert element.locator(".large tbody").get_attribute("lang") == "fr"


def test_heads_explorer_shows_what_its_page_says(page, base):
    element = heads_explorer(page, base, "cross", "the black cat", 0, 1)
    assert favourite(element, "le") == ("the", 100)
    choose(element, 0, 0)
    assert favourite(element, "le") == ("cat", 100)
    choose(element, 0, 3)
    assert favourite(element, "ne") in (("not", 98), ("not", 99)) and favourite(element, "pas")[0] == "not"
    pas = []
    for layer, head in ((i, k) for i in range(2) for k in range(4)):
        choose(element, layer, head)
        pas.append(favourite(element, "pas")[0])
    assert pas == ["Tom", "Tom", "not", "not"] + 4 * ["Tom"]
    choose(element, 1, 1)
    assert favourite(element, "le")[0] == "cat"
    le = []
    for head in range(5):
        choose(element, 1, head)
        le.append(favourite(element, "le")[0])
    assert le[:4].count("cat") == 3 and le[4] == "cat"
    element.locator(".show-gold").check()
    assert "0.43." in element.locator(".rate").inner_text()
    choose(element, 1, 3)
    assert "0.29." in element.locator(".rate").inner_text()
    element.locator("select").select_option(label="two bears help this mouse")
    for head, rate in ((0, "0.40."), (4, "0.00.")):
        choose(element, 0, head)
        assert rate in element.locator(".rate").inner_text()
    element.locator("select").select_option(label="the brown mice call two young cats")
    choose(element, 1, 1)
    assert favourite(element, "les")[0] == "the"
    choose(element, 0, 0)
    assert favourite(element, "les")[0] == "mice"
    element = heads_explorer(page, base, "decoder self", "the black cat", 0, 1)
    assert favourite(element, "pas") in (("ne", 85), ("ne", 86))
    for layer, head in ((0, 2), (1, 1)):
        choose(element, layer, head)
        assert favourite(element, "pas")[0] == "ne"
    choose(element, 1, 2)
    assert favourite(element, "poursuit") in (("ne", 97), ("ne", 98))


def test_heads_explorer_by_touch(touch_page, base):
    page = touch_page
    element = heads_explorer(page, base, "cross", "the black cat")
    element.locator(".tile").nth(6).tap()
    assert element.locator("caption b").inner_text() == "Layer 2, head 2"
    cell(element, 0, 2).tap()
    assert "“le” gives “cat”" in rested(page, element)
