"""The finished site in a real Chromium: every kind of page, wide and narrow, light and dark."""

import functools
import http.server
import os
import shutil
import threading

import pytest
from site_tools import ROOT
from test_site import site  # noqa: F401  (the fixture that builds the site)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHAPTER = "book/03-query-key-value/"
CHAPTER_1 = "book/01-visual-attention/"
PAGES = {
    "landing": "book/index.html",
    "chapter": CHAPTER + "index.html",
    "lesson": CHAPTER + "queries-keys-values.html",
    "translation": "book/02-context-vectors/translation.html",
    "dates": "book/02-context-vectors/additive-attention.html",
    "chapter 2": "book/02-context-vectors/index.html",
    "encoder-decoder": "book/02-context-vectors/encoder-decoder.html",
    "multiplicative": "book/02-context-vectors/multiplicative-attention.html",
    "alignment explorer": "book/02-context-vectors/explorer.html",
    "quiz 2": "book/02-context-vectors/quiz.html",
    "explorer": CHAPTER + "explorer.html",
    "quiz": CHAPTER + "quiz.html",
    "exercises": CHAPTER + "exercises.html",
    "chapter 1": CHAPTER_1 + "index.html",
    "where eyes look": CHAPTER_1 + "where-eyes-look.html",
    "saliency map": CHAPTER_1 + "saliency-map.html",
    "spotlight": CHAPTER_1 + "spotlight-to-weights.html",
    "fixation explorer": CHAPTER_1 + "explorer.html",
    "quiz 1": CHAPTER_1 + "quiz.html",
    "padding mask": "book/04-masking/padding-mask.html",
    "causal mask": "book/04-masking/causal-mask.html",
    "mask explorer": "book/04-masking/explorer.html",
    "quiz 4": "book/04-masking/quiz.html",
    "glossary": "book/glossary.html",
    "references": "book/references.html",
    "search": "search.html?q=softmax",
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def base(site):  # noqa: F811
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    """An installed Chromium; where there is none the tests are skipped, except in CI."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "no Chromium installed (Debian: apt install chromium)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=["wide-light", "narrow-dark"])
def context(chromium, request):
    """Each width and each mode once; :func:`test_page_is_sound` sees the other two pairs by switching the mode."""
    width, mode = request.param.split("-")
    size = {"wide": (1280, 900), "narrow": (360, 780)}[width]
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=mode)
    context.other_mode = {"light": "dark", "dark": "light"}[mode]
    yield context
    context.close()


@pytest.fixture
def page(chromium, base):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def settled(page, url):
    """Go to ``url`` and wait for what comes after loading: formulas, fonts, explorers, search results."""
    page.goto(url)
    page.evaluate("() => window.MathJax?.startup?.promise?.then(() => document.fonts.ready)")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".explorer")].every(e => "ready" in e.dataset)
              && (!document.querySelector("#search-results") || document.querySelector("#search-results li .context"))"""
    )
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")


@pytest.mark.parametrize("kind", PAGES)
def test_page_is_sound(kind, context, base):
    """No error on the console, nothing missing or foreign, no sideways scrolling, nothing that axe calls serious."""
    from axe_playwright_python.sync_playwright import Axe

    page, faults = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda request: (
            request.url.startswith((base, "data:", "blob:")) or faults.append(f"foreign: {request.url}")
        ),
    )
    page.on(
        "response",
        lambda response: response.status >= 400 and faults.append(f"{response.status}: {response.url}"),
    )
    try:
        settled(page, base + PAGES[kind])
        assert not faults
        width, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= room, "the page scrolls sideways"
        # preload would have axe fetch style sheets by itself, under wrong addresses
        found = (
            Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
        )
        serious = [
            f"{rule['id']}: {node['html'][:160]}  {node['failureSummary'][:200]}"
            for rule in found
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]
        assert not serious, "\n".join(serious)
        page.emulate_media(color_scheme=context.other_mode)
        page.wait_for_function(
            "mode => document.documentElement.dataset.theme === mode", arg=context.other_mode
        )
        width, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert not faults and width <= room, f"in {context.other_mode} mode: {faults}"
    finally:
        page.close()


def test_search_finds_softmax(page, base):
    settled(page, base + PAGES["search"])
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li").count() > 2


def test_previous_and_next_lead_through_the_course(chromium, base):
    from sphinx_external_toc.parsing import parse_toc_yaml

    page = chromium.new_page(java_script_enabled=False)  # plain links, no formulas to wait for
    page.goto(base)
    page.wait_for_url("**/book/index.html")
    seen = [page.url]
    while page.locator("a.right-next").count():
        page.locator("a.right-next").click()
        page.wait_for_load_state("domcontentloaded")
        assert page.url not in seen
        seen.append(page.url)
    pages = len(parse_toc_yaml(ROOT / "_toc.yml"))
    assert len(seen) == pages
    page.locator("a.left-prev").click()
    page.wait_for_url(seen[-2])
    page.close()


def test_quiz_opens_by_keyboard(page, base):
    settled(page, base + PAGES["quiz"])
    options = page.locator(".question-option")
    assert options.count() >= 6
    wrong, right = page.locator(".question-option.wrong").first, page.locator(".question-option.right").first
    for option, verdict in ((wrong, "Not this one."), (right, "Right.")):
        assert not option.locator(".verdict").is_visible()
        option.locator("summary").focus()
        page.keyboard.press("Enter")
        assert option.locator(".verdict").inner_text() == verdict
        assert len(option.locator(".question-answer").inner_text()) > len(verdict) + 10
    page.keyboard.press("Space")
    assert not right.locator(".verdict").is_visible()


def test_answers_are_printed_open(page, base):
    settled(page, base + PAGES["quiz"])
    page.emulate_media(media="print")
    assert page.locator(".question-option .verdict").first.is_visible()


# --- the explorer


def explorer(page, base, scene="two"):
    settled(page, base + PAGES["explorer"])
    page.wait_for_selector("query-explorer[data-ready]")
    page.locator(f"query-explorer input[value={scene}]").check()
    return page.locator("query-explorer")


def test_explorer_agrees_with_the_lesson(page, base):
    """Scores, weights and output of each scene are those that the lesson computed."""
    explorer(page, base)
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


def test_explorer_by_pointer(page, base):
    element = explorer(page, base)
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


def test_explorer_by_keyboard(page, base):
    element = explorer(page, base, "many")
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


def test_explorer_with_one_key_never_moves(page, base):
    element = explorer(page, base, "one")
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


def test_explorer_by_touch(chromium, base):
    context = chromium.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    page = context.new_page()
    element = explorer(page, base)
    before = state(element)["query"]
    handle = element.locator(".handle .dot")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        point = {"x": x - 8 * step, "y": y + 8 * step}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = state(element)["query"]
    assert after[0] < before[0] and after[1] < before[1]
    context.close()


def test_explorer_without_script_still_says_it(chromium, base):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + PAGES["explorer"])
    assert page.locator("query-explorer table").is_visible()
    context.close()


# --- the fixation explorer


def fixation_explorer(page, base):
    settled(page, base + PAGES["fixation explorer"])
    page.wait_for_selector("fixation-explorer[data-ready]")
    element = page.locator("fixation-explorer")
    element.scroll_into_view_if_needed()
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


def test_fixation_explorer_by_touch(chromium, base):
    context = chromium.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    page = context.new_page()
    element = fixation_explorer(page, base)
    box = element.locator("canvas").bounding_box()
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    assert look(element)["at"] == pytest.approx([120, 120], abs=5) and len(look(element)["yours"]) == 1
    context.close()


def test_fixation_explorer_without_script_still_says_it(chromium, base):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + PAGES["fixation explorer"])
    assert page.locator("fixation-explorer table").is_visible()
    context.close()


# --- the alignment viewer


def alignment_explorer(page, base, group=None, starts=None):
    """The viewer, showing the first item of ``group`` whose tokens start with the words ``starts``."""
    settled(page, base + PAGES["alignment explorer"])
    page.wait_for_selector("alignment-explorer[data-ready]")
    element = page.locator("alignment-explorer")
    element.scroll_into_view_if_needed()
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


def rested(page, element):
    """The live text, after the pause that it makes."""
    page.wait_for_timeout(400)
    return element.locator(".says").inner_text()


def test_alignment_explorer_agrees_with_the_lessons(page, base):
    """Every file's check is what stands on the screen; links and their error rate are those of the package."""
    from attention_course.alignment import alignment_error_rate

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
    assert (
        last["right"]
        and len(places) == 2
        and abs(row[places[0]] - row[places[1]]) < 0.15 < min(row[s] for s in places)
    )
    assert last["source"][row.index(max(row))] == "Tom"
    beside = [
        min(abs(i["weights"][7].index(max(i["weights"][7])) - s) for s in i["gold"][9]) <= 1
        for i in of["dates"]
    ]
    assert sum(beside) > 0.7 * len(beside), "the hyphen before the day looks at the day or beside it"
    date = next(i for i in of["dates"] if "".join(i["source"]) == "September 3rd, 1989")
    assert looked(date, "1")[0] == "8"


def test_alignment_explorer_by_touch(chromium, base):
    context = chromium.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    page = context.new_page()
    element = alignment_explorer(page, base, "dates")
    element.locator(".output .token").nth(3).tap()
    assert element.locator(".output .token").nth(3).get_attribute("aria-selected") == "true"
    assert max(weights_shown(element, "source")) > 50
    element.locator(".source .token").nth(0).tap()
    assert len(weights_shown(element, "output")) == 10
    context.close()


def test_alignment_explorer_without_script_still_says_it(chromium, base):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + PAGES["alignment explorer"])
    assert page.locator("alignment-explorer table").is_visible()
    context.close()


# --- the mask switches


def mask_explorer(page, base, scene=None):
    settled(page, base + PAGES["mask explorer"])
    page.wait_for_selector("mask-explorer[data-ready]")
    element = page.locator("mask-explorer")
    element.scroll_into_view_if_needed()
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
    """The lesson's check, set by the switches and by hand; then other masks against ``attention_course.masking``."""
    import numpy as np

    from attention_course import masking

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
        return shares, [round(z, 2) for z in got["outputs"][q]]

    element = mask_explorer(page, base, "behind")
    padding = element.locator(".padding[type=checkbox]")
    shares, output = row("ne")
    assert shares["ours"] == [79] and output == [0.83, 5.06]
    before = shown_numbers(element)["outputs"]
    padding.check()
    after = shown_numbers(element)["outputs"]
    assert before[:6] == after[:6] and not np.allclose(before[6:], after[6:])
    padding.uncheck()
    element.locator(".causal").uncheck()
    assert row("ne")[0]["pas"][0] in range(30, 37), "a third for a later word"
    element.locator(".causal").check()
    assert row("dorment")[0]["ne"] == [99]
    element.locator(".masked tbody tr").nth(4).locator("td").nth(3).click()
    assert row("dorment")[0]["dorment"] == [98]
    slide(element, "size", 1)
    assert element.locator("button").is_disabled(), "the window forbids that cell as well"
    assert np.allclose(shown_numbers(element)["outputs"], element.evaluate("e => e.scene.values"))
    element = mask_explorer(page, base, "before")
    shares, output = row("ne")
    assert shares["⟨pad⟩"][1] == 80 and output == [-3.0, 1.27]
    element.locator(".padding[type=checkbox]").check()
    shares, output = row("ne")
    assert shares["ours"] == [59] and output == [2.93, 1.6]
    assert shown_numbers(element)["empty"] == [0, 1]


def test_mask_explorer_by_touch(chromium, base):
    context = chromium.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    page = context.new_page()
    element = mask_explorer(page, base)
    cell = element.locator(".masked tbody tr").nth(0).locator("td").nth(0)
    cell.tap()
    assert shown_numbers(element)["empty"] == [0] and "“⟨bos⟩” may look at nothing" in rested(page, element)
    context.close()


def test_mask_explorer_without_script_still_says_it(chromium, base):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + PAGES["mask explorer"])
    assert page.locator("mask-explorer table").is_visible()
    context.close()
