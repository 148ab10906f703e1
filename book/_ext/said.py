"""Numbers of a lesson where no cell can glue them: on quizzes and explorer pages, and in alt texts.

``{said}`translation/tr_plain_usual_exact` `` stands for what the lesson *translation* glued under that name, with a format
behind a colon if wanted, as in ``{glue:text}``.  In the alt text of a cell's figure ``{{tr_plain_usual_exact}}`` does the same
for the page's own numbers.
"""

import re

import downloads
import execute
from docutils import nodes
from jupyter_cache import get_cache
from sphinx.util import logging

logger = logging.getLogger(__name__)
IN_ALT = re.compile(r"\{\{([\w:.]+)\}\}")
_values = {}  # docname → names and texts, of this build


def values_of(env, docname):
    """What the lesson ``docname`` glued, ``{name: text}``; empty where its run failed."""
    if docname not in _values:
        cache = get_cache(env.mystnb_config.execution_cache_path)
        try:
            _values[docname] = downloads.glued(execute.executed(env.doc2path(docname), cache))
        except (KeyError, TypeError):
            _values[docname] = {}
    return _values[docname]


def page_of(env, lesson):
    """The page of the lesson called so, wherever its chapter lies; None where there is none."""
    return next((d for d in sorted(env.found_docs) if d.rsplit("/", 1)[-1] == lesson), None)


def text_of(env, docname, content):
    """The text of ``name`` or ``name:format`` in the lesson ``docname``; ``KeyError`` where it glued none."""
    name, _colon, form = content.partition(":")
    text = values_of(env, docname)[name]
    return format(float(text), form) if form else text


def said_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    """``{said}`lesson/name:format` ``."""
    env = inliner.document.settings.env
    lesson, _slash, wanted = text.partition("/")
    docname = page_of(env, lesson)
    try:
        return [nodes.Text(text_of(env, docname, wanted))], []
    except (KeyError, ValueError):
        if docname in env.config.failed_lessons:
            return [nodes.Text("–")], []
        logger.warning("no lesson says %s", text, location=(env.docname, lineno), type="course_site")
        return [nodes.Text("–")], []


def fill_alt_texts(app, doctree):
    """Put the page's numbers into the alt texts of its figures."""
    for image in doctree.findall(nodes.image):
        for wanted in IN_ALT.findall(image.get("alt", "")):
            try:
                text = text_of(app.env, app.env.docname, wanted)
            except (KeyError, ValueError):
                logger.warning("alt text asks for %s", wanted, location=image, type="course_site")
                text = "–"
            image["alt"] = image["alt"].replace("{{" + wanted + "}}", text)


def setup(app):
    _values.clear()
    app.add_role("said", said_role)
    app.connect("doctree-read", fill_alt_texts)
