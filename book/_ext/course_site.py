"""The Sphinx extension of this course: what the site does beyond Jupyter Book.

* ``question.py``: the ``{question}`` directive of the quizzes;
* ``downloads.py``: lessons as executed notebooks, data for the explorers;
* ``explorer.py``: the ``{explorer}`` directive of the interactive pages;
* ``faults.py``: a banner on the page of a lesson that failed;
* ``recorded.py``: the page *Experiments*, made from the records;
* ``said.py``: a lesson's numbers on quizzes, explorer pages and in alt texts;
* ``tidy.py``: what the theme leaves undone;
* here: MathJax from the environment, so that no page asks another site for it; no site without alt texts, or with a
  directive that would stand on the page as text.
"""

import ast
import importlib.util
import re
from pathlib import Path

import downloads
import explorer
import faults
import question
import recorded
import said
import tidy
from docutils import nodes
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset

logger = logging.getLogger(__name__)

# The parts of MathJax that `mathjax3_config` in _config.yml loads.
MATHJAX = [
    "startup.js",
    "core.js",
    "input/tex.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "output/chtml/fonts/woff-v2",
    "a11y/assistive-mml.js",
]
FILE_NAME = re.compile(r"\S+\.(png|svg|jpe?g|gif|webp)", re.IGNORECASE)
IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
TORN_FENCE = re.compile(r"^ *`{3,}\{[\w-]+\}[^\n]*`", re.MULTILINE)
ALT = re.compile(r"""\balt\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)


def _empty(alt):
    """Whether ``alt`` tells a reader nothing; a file's name does not."""
    return not alt.strip() or FILE_NAME.fullmatch(alt.strip()) is not None


def check_alt_texts(app, doctree, docname):
    """Warn of every picture, outputs of cells included, that a blind reader would miss."""
    for image in doctree.findall(nodes.image):
        if _empty(image.get("alt", "")):
            logger.warning(
                "image without alt text: %s", image.get("uri", "?"), location=image, type="course_site"
            )
    for raw in doctree.findall(nodes.raw):
        for tag in IMG.findall(raw.astext()):
            alt = ALT.search(tag)
            if alt is None or _empty(alt.group(1)[1:-1]):
                logger.warning("image without alt text: %.80s", tag, location=raw, type="course_site")


def check_fences(app, docname, source):
    """Warn of a directive that Markdown does not take for one: fenced by backticks, with another in its first line."""
    for fence in TORN_FENCE.finditer(source[0]):
        line = source[0].count("\n", 0, fence.start()) + 1
        logger.warning(
            "a backtick in the first line of a fence of backticks: use ~~~~",
            location=(docname, line),
            type="course_site",
        )


def resolve_package_names(app, env, node, contnode):
    """Let ``{py:func}`attention_course.…``` stand as code, without a link, if the package has such a name."""
    package, *path = node.get("reftarget", "").split(".")
    if node.get("refdomain") != "py" or package != "attention_course":
        return None
    tree = Path(app.srcdir, package)
    while path and tree.is_dir() and ((tree / path[0]).is_dir() or (tree / f"{path[0]}.py").is_file()):
        tree = tree / path.pop(0)
        tree = tree if tree.is_dir() else tree.with_suffix(".py")
    source = ast.parse((tree if tree.is_file() else tree / "__init__.py").read_text(encoding="utf8"))
    names = {getattr(part, "name", None) for part in ast.walk(source)}
    return contnode if set(path) <= names else None


def copy_mathjax(app, exception):
    """Copy the parts of MathJax that the pages use."""
    if exception or app.builder.format != "html":
        return
    source = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in MATHJAX:
        whole = (source / part).is_dir()
        copy_asset(str(source / part), str(target / part if whole else (target / part).parent))


def write_front_door(app, exception):
    """Lead from the site's root to the landing page."""
    root = app.config.root_doc
    if exception or app.builder.format != "html" or root == "index":
        return
    url = app.builder.get_target_uri(root)
    Path(app.outdir, "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="{app.config.language}">\n<meta charset="utf-8">\n<title>{app.config.html_title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={url}">\n<p><a href="{url}">{app.config.html_title}</a></p>\n</html>\n',
        encoding="utf8",
    )


def setup(app):
    app.add_config_value(
        "comments_config", {}, ""
    )  # Jupyter Book sets it, whether or not sphinx_comments is there
    app.connect("source-read", check_fences)
    app.connect("doctree-resolved", check_alt_texts)
    app.connect("missing-reference", resolve_package_names)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", write_front_door)
    question.setup(app)
    explorer.setup(app)
    faults.setup(app)
    said.setup(app)
    recorded.setup(app)
    tidy.setup(app)
    downloads.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
