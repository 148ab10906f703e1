"""The finished site in a real Chromium: every kind of page, wide and narrow, light and dark."""

import pytest
from browsing import PAGES, settled
from site_tools import ROOT

pytestmark = pytest.mark.browser


PRUNE = """() => {
    const seen = new Set();
    for (const e of document.querySelectorAll(".highlight span, mjx-container")) {
        const style = getComputedStyle(e), around = e.closest(".highlight, td, th, .admonition, figcaption, h1, h2, h3, p, li");
        const looks = [e.tagName, e.className, style.color, style.backgroundColor, style.fontWeight, style.fontSize];
        const key = [...looks, around?.className, around?.tagName].join("|");
        if (seen.has(key)) e.remove();
        seen.add(key);
    }
}"""  # of words of code and formulas that look alike one is enough for axe, which needs four times as long for all


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
        for mode in (context.mode, context.other_mode, context.mode):
            page.emulate_media(color_scheme=mode)
            page.wait_for_function("mode => document.documentElement.dataset.theme === mode", arg=mode)
            width, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert width <= room, f"the page scrolls sideways in {mode} mode"
        page.evaluate(PRUNE)
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
        assert not faults
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


@pytest.mark.parametrize(
    "name", [kind.removesuffix(" explorer") for kind in PAGES if kind.endswith(" explorer")]
)
def test_explorer_without_script_still_says_it(name, scriptless_page, base):
    scriptless_page.goto(base + PAGES[f"{name} explorer"])
    assert scriptless_page.locator(f"{name}-explorer table").is_visible()
