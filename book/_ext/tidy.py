"""Mend what the theme leaves undone on finished pages, and drop what no page asks for.

* The folding arrows of the sidebar have no name that a screen reader could say.
* The bibliography calls itself a list, but its entries do not call themselves items.
* Every page would load 1.5 MB of script to draw a dozen icons that the theme's icon font holds as well.
* Source maps, other languages' phrases and other firms' logos are a third of the site.
"""

import re
import shutil
from pathlib import Path

ICON_SCRIPT = re.compile(r'\s*<script defer src="[^"]*/scripts/fontawesome\.js[^"]*"></script>')
FOLD = '<summary><span class="toctree-toggle"'
NAMED_FOLD = '<summary aria-label="Pages of this chapter"><span class="toctree-toggle"'
LIST_ROLES = re.compile(r' role="(?:list" class="citation-list"|doc-biblioentry")')
UNUSED = ["scripts/fontawesome.js*", "**/*.map", "locales", "images/logo_*", "**/*.LICENSE.txt"]


def mend(html):
    """The page with named folds, without roles that do not hold, and without the icon script."""
    html = LIST_ROLES.sub(lambda m: ' class="citation-list"' if "list" in m[0] else "", html)
    return ICON_SCRIPT.sub("", html).replace(FOLD, NAMED_FOLD)


def mend_site(app, exception):
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in site.rglob("*.html"):
        page.write_text(mend(page.read_text(encoding="utf8")), encoding="utf8")
    for pattern in UNUSED:
        for path in (site / "_static").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app):
    app.connect("build-finished", mend_site, priority=950)
