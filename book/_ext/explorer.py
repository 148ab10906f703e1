"""``{explorer} name``: an interactive element, with what stands inside as its fallback.

The element ``<name>`` is defined by ``book/extra/explorers/name.js`` and reads ``_data/name.json``, which a lesson publishes.
Where it reads other data, the option ``data`` names them, with blanks between: ``:data: one two``.
Readers without script, and translators, get the directive's content.
"""

import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

PUBLISHED = re.compile(r"""\bpublish\(\s*["']([\w-]+)["']""")


class explorer(nodes.General, nodes.Element):
    """An interactive element and its fallback; attributes ``name`` and ``data``, a list."""


class ExplorerDirective(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"data": lambda text: text.split()}

    def run(self):
        self.assert_has_content()
        name = self.arguments[0]
        node = explorer(name=name, data=self.options.get("data") or [name])
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def visit(self, node):
    here, name = self.builder.get_target_uri(self.builder.current_docname), node["name"]
    data = " ".join(relative_uri(here, f"_data/{part}.json") for part in node["data"])
    script = relative_uri(here, f"explorers/{name}.js")
    self.body.append(
        f'<script type="module" src="{script}"></script>\n<{name} src="{data}" class="explorer">\n'
    )


def depart(self, node):
    self.body.append(f"</{node['name']}>\n")


def plain(self, node):
    """Other builders: the fallback."""


def _not_published(app):
    """The data files that lessons which failed would have written: their pages carry a banner instead."""
    texts = (Path(app.env.doc2path(name)).read_text(encoding="utf-8") for name in app.config.failed_lessons)
    return {f"_data/{name}.json" for text in texts for name in PUBLISHED.findall(text)}


def check(app, exception):
    """No page may name an explorer without script or data."""
    if exception or app.builder.format != "html":
        return
    excused = _not_published(app)
    for docname in app.env.found_docs:
        for node in app.env.get_doctree(docname).findall(explorer):
            for needed in (f"explorers/{node['name']}.js", *(f"_data/{part}.json" for part in node["data"])):
                if Path(app.outdir, needed).is_file() or needed in excused:
                    continue
                raise ExtensionError(f"{docname}:{node.line}: the explorer {node['name']} lacks {needed}")


def setup(app):
    app.add_directive("explorer", ExplorerDirective)
    rest = dict.fromkeys(("latex", "text", "man", "texinfo"), (plain, plain))
    app.add_node(explorer, html=(visit, depart), **rest)
    app.connect("build-finished", check, priority=900)  # after the data are written
