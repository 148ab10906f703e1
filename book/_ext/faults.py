"""Lessons that failed in this build: their pages say so, and the rest of the site is written all the same.

``build.py`` hands over ``failed_lessons``, page → what went wrong, and exits with 1.  What Sphinx would warn of on such a
page, numbers and figures that are missing, follows from the failure and is not told again.
"""

import logging
import re

from docutils import nodes
from sphinx.locale import _

BANNER = "This page is not whole: {fault}. Its figures and numbers are missing or old."


def of(app):
    """Page → what went wrong."""
    return app.config.failed_lessons or {}


class _Follows(logging.Filter):
    """Lets through what is not on a page that failed."""

    def __init__(self, failed):
        super().__init__()
        self.failed = failed

    def filter(self, record):
        where = getattr(record, "location", None)
        if isinstance(where, nodes.Node):
            where = where.source or ""
        where = where[0] if isinstance(where, tuple) else where
        return not any(re.search(rf"{re.escape(name)}(\.md)?(:|$)", str(where or "")) for name in self.failed)


def quieten(app):
    failed = of(app)
    if failed:
        for handler in logging.getLogger("sphinx").handlers:
            handler.filters.insert(0, _Follows(failed))  # before the filter that turns warnings into errors


def add_banner(app, doctree, docname):
    if docname not in of(app):
        return
    text = _(BANNER).format(fault=of(app)[docname])
    banner = nodes.danger("", nodes.paragraph(text, text), classes=["lesson-failed"])
    section = next(doctree.findall(nodes.section), doctree)
    section.insert(1, banner)


def setup(app):
    app.add_config_value("failed_lessons", {}, "")
    app.connect("builder-inited", quieten)
    app.connect("doctree-resolved", add_banner)
