// Two small courtesies; every page works without them.

// What scrolls sideways must be within reach of the keyboard.
const SCROLLS = "div.math, .pst-scrollable-table-container, .table-scroll, .output.text_html, mjx-container[display='true']";
function reachable() {
  for (const box of document.querySelectorAll(SCROLLS)) {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", box.matches(".math, mjx-container") ? "Formula" : "Table");
    } else if (box.getAttribute("role") === "group") {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  }
}
// Formulas are typeset after the page has loaded, and text reflows with the window: both change the article's size.
addEventListener("load", () => {
  const article = document.querySelector(".bd-article");
  if (article) new ResizeObserver(reachable).observe(article);
  window.MathJax?.startup?.promise?.then(() => requestAnimationFrame(reachable));
});

// Paper cannot be clicked: print with every answer and every folded cell open, then fold them again.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) {
    fold.open = true;
    fold.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});
