"""The pages that the tests look at, and how to get there."""

PAGES = {
    "landing": "book/index.html",
    "chapter": "book/03-query-key-value/index.html",
    "lesson": "book/03-query-key-value/queries-keys-values.html",
    "translation": "book/02-context-vectors/translation.html",
    "dates": "book/02-context-vectors/additive-attention.html",
    "chapter 2": "book/02-context-vectors/index.html",
    "encoder-decoder": "book/02-context-vectors/encoder-decoder.html",
    "multiplicative": "book/02-context-vectors/multiplicative-attention.html",
    "alignment explorer": "book/02-context-vectors/explorer.html",
    "quiz 2": "book/02-context-vectors/quiz.html",
    "query explorer": "book/03-query-key-value/explorer.html",
    "quiz": "book/03-query-key-value/quiz.html",
    "exercises": "book/03-query-key-value/exercises.html",
    "chapter 1": "book/01-visual-attention/index.html",
    "where eyes look": "book/01-visual-attention/where-eyes-look.html",
    "saliency map": "book/01-visual-attention/saliency-map.html",
    "spotlight": "book/01-visual-attention/spotlight-to-weights.html",
    "fixation explorer": "book/01-visual-attention/explorer.html",
    "quiz 1": "book/01-visual-attention/quiz.html",
    "padding mask": "book/04-masking/padding-mask.html",
    "causal mask": "book/04-masking/causal-mask.html",
    "mask explorer": "book/04-masking/explorer.html",
    "quiz 4": "book/04-masking/quiz.html",
    "chapter 5": "book/05-multi-head/index.html",
    "heads": "book/05-multi-head/multi-head-attention.html",
    "positions": "book/05-multi-head/positional-encoding.html",
    "efficient": "book/05-multi-head/efficient-attention.html",
    "quiz 5": "book/05-multi-head/quiz.html",
    "transformer": "book/05-multi-head/transformer.html",
    "heads explorer": "book/05-multi-head/explorer.html",
    "squeeze and excitation": "book/06-channel-attention/squeeze-and-excitation.html",
    "spatial attention": "book/06-channel-attention/spatial-attention.html",
    "captioning": "book/06-channel-attention/captioning.html",
    "listening": "book/06-channel-attention/listening.html",
    "gates explorer": "book/06-channel-attention/explorer.html",
    "quiz 6": "book/06-channel-attention/quiz.html",
    "chapter 6": "book/06-channel-attention/index.html",
    "experiments": "book/experiments.html",
    "glossary": "book/glossary.html",
    "references": "book/references.html",
    "search": "search.html?q=softmax",
}


def settled(page, url):
    """Go to ``url`` and wait for what comes after loading: formulas, fonts, explorers, search results."""
    page.goto(url)
    page.evaluate("() => window.MathJax?.startup?.promise?.then(() => document.fonts.ready)")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".explorer")].every(e => "ready" in e.dataset)
              && (!document.querySelector("#search-results") || document.querySelector("#search-results li .context"))"""
    )
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")


def opened(page, base, name, on=None):
    """The explorer of the page ``"<name> explorer"``, or of the one of ``on`` where it has none, once it has its data."""
    settled(page, base + PAGES[f"{on or name} explorer"])
    page.wait_for_selector(f"{name}-explorer[data-ready]")
    element = page.locator(f"{name}-explorer")
    element.scroll_into_view_if_needed()
    return element


def rested(page, element):
    """What an explorer says of its state, after the pause that it makes."""
    page.wait_for_timeout(400)
    return element.locator(".says").inner_text()
