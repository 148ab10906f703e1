"""What a lesson's run leaves beside its page: the executed notebook, and data for the explorers.

Both come out of the execution cache.  In the notebook, what only the site understands (roles, directives, glued numbers)
is turned into plain Markdown.
"""

import json
import posixpath
import re
import shutil
from pathlib import Path

import execute
import nbformat
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.locale import _

DATA = "application/vnd.attention-course.data+json"  # attention_course.page.publish.MIME
GLUE = "application/papermill.record/"
NOTE = (
    "> A lesson of *{title}*, with the outputs of the run that made its page. It runs anywhere: the next cell brings the "
    "course's package along where it is missing."
)
BRING = """\
# The course's package: from beside this notebook or from the course's site, and only where it is missing.
import importlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

wheel = "{wheel}"


def missing():
    found = find_spec("attention_course")
    if found is None or found.origin is None:  # an empty folder of that name is none
        return True
    try:
        have, wanted = version("attention-course"), wheel.split("-")[1]
    except PackageNotFoundError:
        return False  # on the path, not installed: the repository itself
    return [int(n) for n in have.split(".")] < [int(n) for n in wanted.split(".")]


if missing():
    source = wheel if Path(wheel).is_file() else "{url}" + wheel
    %pip install --quiet --upgrade {{source}}
    importlib.invalidate_caches()
    if missing():
        raise ImportError(f"{{source}} could not be installed: download {{wheel}} and put it beside this notebook.")
"""
LOCAL = "http://127.0.0.1:8000/"  # where `make serve` has the site

ROLE = re.compile(r"\{([a-z:]+)\}`([^`]+)`")
TITLED = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)
FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[a-z-]+)\}[ ]*(?P<title>.*)$")
OPTION = re.compile(r"^:[a-z-]+:.*$")
EQUATION = re.compile(
    r"^\$\$(?P<tex>(?:(?!\$\$).)+)\$\$[ ]*\((?P<label>[^()\s]+)\)", re.DOTALL | re.MULTILINE
)
BOXES = {
    "admonition",
    "note",
    "tip",
    "hint",
    "important",
    "warning",
    "caution",
    "attention",
    "seealso",
    "dropdown",
}


def glued(notebook):
    """The numbers and strings that the lesson gave a name: ``{name: text}``."""
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            data = output.get("data", {})
            text = data.get(GLUE + "text/plain", data.get("text/plain"))
            if name and text is not None:
                values[name] = text.strip("'\"")
    return values


def published(notebook):
    """The data that the lesson published: ``{name: data}``."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    bundles = (output["data"][DATA] for output in outputs if DATA in output.get("data", {}))
    return {bundle["name"]: bundle["data"] for bundle in bundles}


def _people(persons):
    names = [" ".join(person.prelast_names + person.last_names).strip("{}") for person in persons]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


class PlainMarkdown:
    """Markdown as Jupyter shows it, from the site's: roles and directives become words."""

    def __init__(self, env, docname, values, url=LOCAL):
        self.env, self.docname, self.values, self.url = env, docname, values, url
        std, math = env.get_domain("std"), env.get_domain("math")
        self.labels = {**std.anonlabels, **std.labels}
        self.equations = math.equations
        self.entries = env.get_domain("cite").bibdata.data.entries if "cite" in env.domains else {}

    def __call__(self, text):
        text = re.sub(r"^\([\w-]+\)=[ ]*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^%.*\n", "", text, flags=re.MULTILINE)
        text = "\n".join(self._boxes(text.split("\n")))
        text = EQUATION.sub(lambda m: f"$${m['tex'].rstrip()} \\tag{{{self._equation(m['label'])}}}$$", text)
        return ROLE.sub(self._role, text)

    def _boxes(self, lines):
        """Admonitions as block quotes; other directives stay as they are."""
        out, lines = [], iter(lines)
        for line in lines:
            fence = FENCE.match(line)
            if fence is None:
                out.append(line)
                continue
            body = []
            for inner in lines:
                if inner.strip() == fence["fence"]:
                    break
                body.append(inner)
            if fence["name"] in BOXES:
                while body and (OPTION.match(body[0]) or not body[0].strip()):
                    body.pop(0)
                title = fence["title"] or fence["name"].capitalize()
                out += [f"> **{title}**", ">", *(f"> {inner}".rstrip() for inner in self._boxes(body))]
            elif fence["name"] == "math":
                options = [inner for inner in body if OPTION.match(inner)]
                label = next((o.split(":", 2)[2].strip() for o in options if o.startswith(":label:")), None)
                tag = f" \\tag{{{self._equation(label)}}}" if label else ""
                out += ["$$", *(inner for inner in body if inner not in options), tag.strip(), "$$"]
            else:
                out += [line, *body, fence["fence"]]
        return out

    def _equation(self, label):
        return self.equations[label][1] if label in self.equations else label

    def _role(self, match):
        role, content = match.groups()
        titled = TITLED.fullmatch(content)
        title, target = titled.groups() if titled else (None, content)
        if role in ("glue:text", "glue"):
            return self._glue(content)
        if role.startswith("cite"):
            textual = role in ("cite:t", "cite:ts", "cite:ct", "cite:cts")
            cited = (" and " if textual else "; ").join(
                self._cite(key.strip(), textual) for key in content.split(",")
            )
            return cited if textual else f"({cited})"
        if role == "said":
            import said

            lesson, _slash, wanted = content.partition("/")
            return said.text_of(self.env, said.page_of(self.env, lesson), wanted)
        if role == "eq":
            return f"({self._equation(target)})"
        if role == "doc":
            name = posixpath.normpath(posixpath.join(posixpath.dirname("/" + self.docname), target)).lstrip(
                "/"
            )
            known = name in self.env.titles
            said = title or (self.env.titles[name].astext() if known else target)
            return f"[{said}]({self.url}{name}.html)" if known else said
        if title:
            return title
        if role.startswith("py:"):
            return f"`{target.removeprefix('~').rsplit('.', 1)[-1] if target[:1] == '~' else target}`"
        if role in ("numref", "ref") and target in self.labels:
            return self._label(role, target)
        return target if role in ("term", "ref", "numref") else match.group(0)

    def _glue(self, content):
        name, _colon, form = content.partition(":")
        if name not in self.values:
            return content
        return format(float(self.values[name]), form) if form else self.values[name]

    def _cite(self, key, textual):
        entry = self.entries.get(key)
        if entry is None:
            return key
        who, year = _people(entry.persons.get("author", [])), entry.fields.get("year", "n.d.")
        return f"{who} ({year})" if textual else f"{who}, {year}"

    def _label(self, role, target):
        docname, anchor, *name = self.labels[target]
        for kind, numbers in self.env.toc_fignumbers.get(docname, {}).items():
            if anchor in numbers:
                return f"{kind.capitalize()} {'.'.join(map(str, numbers[anchor]))}"
        return name[0] if name else target


def readable(notebook, plain, title, wheel):
    """The lesson as a notebook for Jupyter: plain Markdown, captions beneath figures, only outputs that show.

    Its first code cell installs the file ``wheel`` of the site where the course's package is missing.
    """
    bring = nbformat.v4.new_code_cell(BRING.format(wheel=wheel, url=plain.url))
    cells = [nbformat.v4.new_markdown_cell(NOTE.format(title=title)), bring]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source)
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if not ({DATA} | set(_glue_keys(o))) & set(o.get("data", {}))]
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if figure.get("caption"):
            number = (
                plain._label("numref", figure["name"]) if figure.get("name") in plain.labels else "Figure"
            )
            cells.append(nbformat.v4.new_markdown_cell(f"*{number}.* {plain(figure['caption'])}"))
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": notebook.metadata["kernelspec"]})
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"  # the same bytes from the same run
    return book


def _glue_keys(output):
    return (key for key in output.get("data", {}) if key.startswith(GLUE))


def lessons(app):
    """Names and paths of the pages that are run."""
    for docname in sorted(app.env.found_docs):
        path = Path(app.env.doc2path(docname))
        if path.suffix == ".md" and execute.read_lesson(path):
            yield docname, path


def add_link(app, doctree, docname):
    """A link to the notebook: in the lesson's line of facts, or under its title."""
    if "kernelspec" not in app.env.metadata.get(docname, {}) or app.builder.format != "html":
        return
    if not execute.read_lesson(app.env.doc2path(docname)) or docname in app.config.failed_lessons:
        return
    name = docname.rsplit("/", 1)[-1] + ".ipynb"
    label = _("Download this lesson as a notebook")
    link = nodes.reference(label, label, refuri=name, internal=True, classes=["notebook-download"])
    paragraph = nodes.paragraph("", "", link, classes=["lesson-download"])
    facts = next(
        (n for n in doctree.findall(nodes.Admonition) if "lesson-facts" in n.get("classes", [])), None
    )
    if facts is not None:
        facts += paragraph
    else:
        section = next(doctree.findall(nodes.section))
        section.insert(1, paragraph)


def write(app, exception):
    """Write notebooks and data into the site."""
    if exception or app.builder.format != "html":
        return
    from jupyter_cache import get_cache

    cache = get_cache(app.env.mystnb_config.execution_cache_path)
    site, owners = Path(app.outdir), {}
    wheel = Path(app.config.course_wheel)
    shutil.copyfile(wheel, site / wheel.name)
    url = (app.config.html_baseurl or LOCAL).rstrip("/") + "/"
    for docname, path in lessons(app):
        if docname in app.config.failed_lessons:
            continue
        try:
            notebook = execute.executed(path, cache)
        except KeyError:
            raise ExtensionError(f"{docname}: no run of this lesson is in the cache") from None
        for name, data in published(notebook).items():
            if name in owners:
                raise ExtensionError(f"{docname}: {name}.json is published by {owners[name]}, too")
            owners[name] = docname
            target = site / "_data" / f"{name}.json"
            target.parent.mkdir(exist_ok=True)
            target.write_text(json.dumps(data, ensure_ascii=False), encoding="utf8")
        plain = PlainMarkdown(app.env, docname, glued(notebook), url)
        book = readable(notebook, plain, app.config.html_title, wheel.name)
        nbformat.write(book, site / f"{docname}.ipynb")


def setup(app):
    app.add_config_value("course_wheel", "", "")
    app.connect("doctree-resolved", add_link)
    app.connect("build-finished", write)
