"""The site: what build.py promises, on tiny books, and what the finished site must never hold.

Tests with the fixture ``site`` build the whole site first where it is stale; the rest need seconds.
"""

import html
import json
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from site_tools import EXT, ROOT, downloads, execute, recorded, tidy

HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""


def build(*arguments):
    return subprocess.run(
        [sys.executable, str(EXT / "build.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=1500,
    )


@pytest.fixture(scope="session")
def site():
    """The folder of the finished site, built if stale; the build folder itself guards against two builds at once."""
    import fcntl

    folder = ROOT / "_build"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = build()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return folder / "html"


@pytest.fixture
def tiny(tmp_path):
    """Write a book of the pages given, ``{name: text}``, and build it with the course's configuration."""

    def make(**pages):
        book = tmp_path / "tiny"
        for folder in ("_static", "extra"):
            shutil.copytree(ROOT / "book" / folder, book / "book" / folder, dirs_exist_ok=True)
        (book / "book" / "references.bib").touch()
        config = (ROOT / "_config.yml").read_text().replace("course_site: book/_ext", f"course_site: {EXT}")
        (book / "_config.yml").write_text(config)
        others = "".join(f"  - file: book/{name}\n" for name in pages if name != "index")
        (book / "_toc.yml").write_text(
            "format: jb-book\nroot: book/index\n" + ("chapters:\n" + others) * bool(others)
        )
        pages.setdefault("index", "# A tiny book\n")
        for name, text in pages.items():
            (book / "book" / f"{name}.md").write_text(text)
        done = build("--source", book, "--jobs", 1)
        return done, book / "_build"

    return make


# --- the finished site


def pages_of(site):
    return [page for page in site.rglob("*.html") if "_static" not in page.parts]


def test_no_page_asks_another_site(site):
    """Scripts, styles, pictures, fonts and imports all come from the site itself; plain links may lead anywhere."""
    loads = re.compile(
        r"<(?:script|img|iframe|source|audio|video|link)\b[^>]*?\b(?:src|href|srcset)\s*=\s*[\"']?(?:https?:)?//[^\s>\"']+",
        re.I,
    )
    in_css = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])(?:https?:)?//[^)'\"\s]+", re.I)
    in_js = re.compile(r"\b(?:import|from|importScripts\()\s*['\"]https?://[^'\"]+|THEBE_JS_URL", re.I)
    found = []
    for path in [*site.rglob("*.html"), *site.rglob("*.css"), *site.rglob("*.js")]:
        text = path.read_text(encoding="utf8", errors="replace")
        patterns = {".html": (loads, in_css, in_js), ".css": (in_css,), ".js": (in_js,)}[path.suffix]
        found += [
            f"{path.relative_to(site)}: {hit.group(0)[:120]}" for p in patterns for hit in p.finditer(text)
        ]
    assert not found, "\n".join(found)


def test_every_picture_has_alt_text(site):
    for page in pages_of(site):
        for tag in re.findall(r"<img\b[^>]*>", page.read_text(encoding="utf8")):
            if "logo__image" not in tag:  # its name stands beside it
                alt = re.search(r'\balt="([^"]*)"', tag)
                assert alt and alt.group(1).strip(), f"{page.name}: {tag}"
                assert not re.fullmatch(r"\S+\.(svg|png|jpe?g)", alt.group(1)), f"{page.name}: {tag}"


def test_every_lesson_is_a_notebook_too(site):
    lessons = [p for p in (ROOT / "book").rglob("*.md") if execute.read_lesson(p)]
    assert lessons
    for lesson in lessons:
        page = site / lesson.relative_to(ROOT).with_suffix(".html")
        assert f'href="{lesson.stem}.ipynb"' in page.read_text(encoding="utf8"), f"{lesson.name}: no link"
        notebook = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
        nbformat.validate(notebook)
        assert any(cell.get("outputs") for cell in notebook.cells), f"{lesson.name}: no outputs"
        prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert "{glue" not in prose and "{cite" not in prose and "{term}" not in prose, lesson.name


def test_the_page_of_experiments_has_each_with_its_claims(site):
    from attention_course.experiments.engine import definition

    page = (site / "book" / "experiments.html").read_text(encoding="utf8")
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("’", "'").split())
    experiments = definition.find([])
    for name, experiment in experiments.items():
        assert f"{name}." in said and f"run {name}" in said
        for claim in experiment.claims.values():
            sentence = " ".join(claim.__doc__.split()).replace("’", "'")
            assert sentence in said, sentence
    assert said.count(" seeds above ") + said.count(" seeds below ") > len(experiments)
    lessons = re.findall(r'To the lesson: <a class="reference internal" href="([^"#]+)"', page)
    assert len(lessons) == len({name.partition(".")[0] for name in experiments})
    assert lessons[0].startswith("01-") and lessons[-1].startswith("06-")


def test_search_index_knows_the_lessons(site):
    index = (site / "searchindex.js").read_text(encoding="utf8")
    assert index.startswith("Search.setIndex(")
    assert "queries-keys-values" in index and "softmax" in index


def test_explorer_data_keep_their_contract(site):
    scenes = {
        scene["id"]: scene
        for scene in json.loads((site / "_data" / "query-explorer.json").read_text())["scenes"]
    }
    assert set(scenes) == {"one", "two", "many"}
    assert [len(scenes[name]["keys"]) for name in ("one", "two", "many")] == [1, 2, 7]
    for scene in scenes.values():
        assert (
            len(scene["keys"])
            == len(scene["values"])
            == len(scene["labels"])
            == len(scene["check"]["weights"])
        )
        assert sum(scene["check"]["weights"]) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", ["alignment-dates", "alignment-sentences"])
def test_alignment_data_keep_their_contract(site, name):
    text = (site / "_data" / f"{name}.json").read_text()
    data = json.loads(text)
    assert len(text) < 100_000
    for item in data["items"]:
        n, m = len(item["output"]), len(item["source"])
        assert len(item["weights"]) == len(item["gold"]) == n
        for row, gold in zip(item["weights"], item["gold"], strict=True):
            assert len(row) == m and sum(row) == pytest.approx(1, abs=0.02)
            assert all(0 <= s < m for s in gold)
    check = data["check"]
    row = data["items"][check["item"]]["weights"][check["output"]]
    assert row[check["source"]] == max(row) == pytest.approx(check["weight"])


def test_second_build_has_nothing_to_do(site):
    done = build()
    assert done.returncode == 0 and "up to date" in done.stdout


# --- tiny books


BAD = """
# Bad

```{code-cell} ipython3
x = 1
```

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: A figure that never comes
    name: fig-never
---
assert x == 2, 'x is one'
```

See {numref}`fig-never` and {glue:text}`never`.
"""


def test_failing_cell_fails_the_build_and_leaves_a_site(tiny):
    done, out = tiny(bad=HEAD + BAD, fine="# Fine\n\nAll is well, says {said}`bad/never`.\n")
    assert done.returncode == 1
    assert "bad.md: code cell 2 ended in AssertionError" in done.stdout
    assert "assert x == 2" in done.stdout and "x is one" in done.stdout
    assert "\x1b[" not in done.stdout
    assert "WARNING" not in done.stderr, "what follows from the failure is not told again"
    last = done.stdout.rstrip().replace("\n", "")
    assert "Failed: bad, code cell 2 ended in AssertionError" in last and "bad.html" in last
    page = (out / "html" / "book" / "bad.html").read_text(encoding="utf8")
    assert "lesson-failed" in page and "This page is not whole: code cell 2 ended in AssertionError" in page
    fine = (out / "html" / "book" / "fine.html").read_text(encoding="utf8")
    assert "lesson-failed" not in fine and "All is well" in fine
    assert (out / "html" / "index.html").exists() and not (out / "site.stamp").exists()


def test_lesson_with_glue_data_and_download(tiny):
    lesson = (
        HEAD
        + """
# Good

```{code-cell} ipython3
:tags: [remove-output]
import sys
import numpy as np
sys.path.insert(0, "ROOT")
from attention_course.page.glue import glue
from attention_course.page.publish import publish
glue("half", np.float64(0.5))
publish("numbers", {"a": np.arange(3)})
```

One {glue:text}`half:.3f`, and

$$ a = b $$ (equal)

so {eq}`equal`.

```{code-cell} ipython3
sys.executable
```
""".replace("ROOT", str(ROOT))
    )
    done, out = tiny(good=lesson)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (out / "html" / "book" / "good.html").read_text(encoding="utf8")
    assert "0.500" in page and sys.executable in page, "glued number, and the kernel is this Python"
    assert json.loads((out / "html" / "_data" / "numbers.json").read_text()) == {"a": [0, 1, 2]}
    assert "good" in json.loads((out / "timings.json").read_text())
    notebook = nbformat.read(out / "html" / "book" / "good.ipynb", as_version=4)
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "One 0.500, and" in prose and r"\tag{1}" in prose and "so (1)." in prose
    (wheel,) = (out / "html").glob("*.whl")
    bring = next(cell for cell in notebook.cells if cell.cell_type == "code").source
    assert wheel.name in bring and "%pip install" in bring and downloads.LOCAL in bring


def test_numbers_of_a_lesson_on_other_pages_and_in_alt_texts(tiny):
    lesson = (
        HEAD
        + """
# Lesson

```{code-cell} ipython3
---
mystnb:
  image:
    alt: "A line at {{level}} percent."
---
from matplotlib import pyplot as plt
from attention_course.page.glue import glue, glue_spread
glue("level", 0.25)
glue_spread("several", [1, 2, 4])
plt.plot([1, 2]);
```
"""
    )
    quiz = "# Quiz\n\nIt is {said}`lesson/level:.3f`, and {said}`lesson/several`.\n"
    done, out = tiny(lesson=lesson, quiz=quiz)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'alt="A line at 0.25 percent."' in (out / "html" / "book" / "lesson.html").read_text(
        encoding="utf8"
    )
    page = (out / "html" / "book" / "quiz.html").read_text(encoding="utf8")
    assert "It is 0.250, and 2 (1\u2060–\u20604)." in page


GOOD = "````{question} Why $x$?\n- [ ] No.\n\n  Because.\n\n- [x] Yes, $y$.\n\n  Since.\n````\n"


def test_question_opens_by_itself(tiny):
    done, out = tiny(index="# Quiz\n\n" + GOOD + "\n" + GOOD)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (out / "html" / "book" / "index.html").read_text(encoding="utf8")
    assert page.count('<details class="question-option') == 4 and page.count("<summary>Yes, ") == 2
    assert "Right." in page and "Not this one." in page and 'id="question-2-title"' in page
    assert "[x]" not in page and "[ ]" not in page


FAULTY = {  # page -> what is wrong with it, how it is told
    "number": ("It is {said}`nothing/there`.", "no lesson says nothing/there"),
    "pictures": (
        "![](_static/logo.svg)\n\n![logo.svg](_static/logo.svg)",
        "image without alt text.*image without alt text",
    ),
    "right": (GOOD.replace("[x]", "[ ]"), "needs a right option"),
    "explained": (GOOD.replace("  Since.\n", ""), "option without an explanation"),
    "options": (GOOD.replace("- [x] Yes", "- Yes"), "starts with"),
    "flat": (GOOD.replace("- [x] Yes", "Aside.\n\n  - [x] Yes"), "question"),
    "fence": (GOOD.replace("$x$", "`x`"), "use ~~~~"),
}


def test_each_faulty_page_is_named_with_its_line_and_fails_the_build(tiny):
    """All in one book, beside one in which the same backtick tears nothing."""
    pages = {name: f"# Page\n\n{text}\n" for name, (text, _) in FAULTY.items()}
    whole = "# Page\n\n" + GOOD.replace("$x$", "`x`").replace("````", "~~~~")
    done, _ = tiny(**pages, whole=whole)
    assert done.returncode == 1
    for name, (_, told) in FAULTY.items():
        lines = " ".join(re.findall(rf"^.*/{name}\.md:\d*: .*$", done.stderr, flags=re.M))
        assert re.search(told, lines), f"{name}: {lines or done.stderr}"
    assert "whole.md" not in done.stderr


# --- parts


def test_a_lesson_that_kills_its_runner_takes_no_other_with_it(tmp_path):
    cell = "\n# L\n\n```{code-cell} ipython3\nCODE\n```\n"
    for name, code in {
        "killer": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
        "one": "1 + 1",
        "two": "2 + 2",
        "meant": "1 + 1",
    }.items():
        (tmp_path / f"{name}.md").write_text(HEAD + cell.replace("CODE", code), encoding="utf-8-sig")
    seen = []
    failures = execute.run_stale(
        sorted(tmp_path.glob("*.md")),
        tmp_path / "cache",
        done=lambda name, _seconds, ok: seen.append((name, ok)),
    )
    assert [failure.path.stem for failure in failures] == ["killer"] and "killed" in failures[0].brief
    assert sorted(seen) == [("killer", False), ("meant", True), ("one", True), ("two", True)]


def test_the_failing_cell_is_blamed_and_not_one_that_is_meant_to_raise(tmp_path):
    page = tmp_path / "page.md"
    meant = "\n# L\n\n```{code-cell} ipython3\n:tags: [raises-exception]\n1 / 0\n```\n"
    page.write_text(HEAD + meant + "\n```{code-cell} ipython3\nassert False, 'this one'\n```\n")
    _notebook, _seconds, failure = execute.run(page, timeout=60)
    assert failure.brief == "code cell 2 ended in AssertionError" and "this one" in failure.text


def test_an_older_package_is_brought_up_to_date(monkeypatch):
    """The first cell of a downloaded lesson installs where the package is missing or older than the notebook."""
    cell = downloads.BRING.format(
        wheel="attention_course-0.10.0-py3-none-any.whl", url="https://example.org/"
    )
    head = cell[: cell.index("if missing():")]
    for have, wanted in {"0.9.3": True, "0.10.0": False, "1.0.0": False}.items():
        names = {}
        exec(head, names)
        names["version"] = lambda _name, have=have: have
        assert names["missing"]() is wanted, have


def test_cache_key_follows_package_and_requirements(tmp_path):
    package = tmp_path / "attention_course"
    package.mkdir()
    (package / "a.py").write_text("x = 1\n")
    (tmp_path / "requirements.txt").write_text("numpy\n")
    keys = [execute.environment_key(tmp_path)]
    (package / "a.py").write_text("x = 2\n")
    keys.append(execute.environment_key(tmp_path))
    (tmp_path / "requirements.txt").write_text("numpy==2\n")
    keys.append(execute.environment_key(tmp_path))
    (tmp_path / "constraints.txt").write_text("six==1\n")
    keys.append(execute.environment_key(tmp_path))
    assert len(set(keys)) == 4

    cache = tmp_path / "cache"
    assert not execute.prepare_cache(tmp_path, cache)
    (cache / "run").touch()
    assert not execute.prepare_cache(tmp_path, cache) and (cache / "run").exists()
    (package / "a.py").write_text("x = 3\n")
    assert execute.prepare_cache(tmp_path, cache) and not (cache / "run").exists()


def test_admonitions_become_quotes():
    plain = downloads.PlainMarkdown.__new__(downloads.PlainMarkdown)
    lines = ["```{admonition} Title", ":class: tip", "", "Body", "```", "```{figure} x", "```"]
    assert plain._boxes(lines) == ["> **Title**", ">", "> Body", "```{figure} x", "```"]


def test_citations_in_a_downloaded_lesson_keep_their_brackets():
    plain = downloads.PlainMarkdown.__new__(downloads.PlainMarkdown)
    plain.entries = {}
    said = {
        role: downloads.ROLE.sub(plain._role, f"{{{role}}}`a,b`") for role in ("cite", "cite:p", "cite:t")
    }
    assert said == {"cite": "(a; b)", "cite:p": "(a; b)", "cite:t": "a and b"}


def test_tidy_names_folds_and_drops_the_icon_script():
    page = '<script defer src="../_static/scripts/fontawesome.js?digest=1"></script><summary><span class="toctree-toggle">'
    mended = tidy.mend(page)
    assert "fontawesome" not in mended and 'aria-label="Pages of this chapter"' in mended


def test_an_experiment_that_is_not_in_order_says_so_on_its_page():
    """A record that is missing or stale, and a claim that does not hold, stand there in bold; special signs as they are."""
    from attention_course.experiments.engine import definition
    from attention_course.experiments.engine.checking import ClaimResult, Report
    from attention_course.experiments.engine.claims import above

    (experiment,) = definition.find(["saliency_map.turns"]).values()
    missing = recorded.of_experiment(Report("a.b", None, ["There is no record *x*."], []), experiment)
    assert "**There is no record \\*x\\*.**\n" in missing and len(missing) == 3
    record = recorded.records.load("saliency_map.turns")
    claims = [ClaimResult("c", "Two_fold and $more$.", above([-1.0, -2, -1.5], 0))]
    stale = "\n".join(recorded.of_experiment(Report("a.b", record, ["Of another code."], claims), experiment))
    assert "**Of another code.**" in stale
    assert "- **Does not hold.** Two\\_fold and \\$more\\$." in stale and "<small>−1.5 ± " in stale
