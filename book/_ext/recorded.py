"""The page *Experiments*: all recorded experiments with what was varied, their runs and claims, made from the records.

A page says where with a line ``% experiments``; before Sphinx reads the page, that line becomes a section for each lesson
that has experiments, in the order of the book.
"""

import re

from attention_course import records
from attention_course.experiments.engine import checking, definition

MARK = "% experiments\n"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>$|~^#])")


def plain(text):
    """``text`` as Markdown that shows it as it is."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def counted(number, what):
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def settings_of(record):
    """What differs between settings and what is the same in all: ``["varied: width (16, 32)", "in all: steps 400"]``."""
    values = {}
    for row in record.settings:
        for name, value in row.items():
            said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            values.setdefault(name, {})[said] = None
    differ = [f"{plain(name)} ({plain('; '.join(said))})" for name, said in values.items() if len(said) > 1]
    same = [f"{plain(name)} {plain(*said)}" for name, said in values.items() if len(said) == 1]
    return [f"{what}: {', '.join(said)}" for what, said in (("varied", differ), ("in all", same)) if said]


def of_experiment(report, experiment):
    """The part of one experiment; what is wrong with its record stands first, and is all where it cannot be read."""
    lines = [f"**{plain(report.name)}.** {plain(experiment.summary)}", ""]
    lines += [f"**{plain(fault)}**\n" for fault in report.faults]
    record = report.record
    if record is None:
        return lines
    runs = f"{counted(len(record.runs), 'run')}: {counted(len(record.settings), 'setting')}"
    minutes = f"{record.minutes:.1f}" if record.minutes >= 0.05 else "under 0.1"
    facts = [f"{runs}, {counted(len(record.seeds), 'seed')}, {minutes} core-minutes"]
    lines += [f"{'; '.join(facts + settings_of(record))}. Again: `{records.COMMAND} run {report.name}`", ""]
    for claim in report.claims:
        holds = "" if claim.holds else "**Does not hold.** "
        found = claim.fault or claim.verdict.words
        found = re.sub(r"(?<![\w.])-(?=\d)", "−", found)
        lines += [f"- {holds}{plain(claim.sentence)}  ", f"  <small>{plain(found)}</small>"]
    return [*lines, ""]


def of_all(place):
    """Markdown of all experiments.  ``place(lesson)`` is a lesson's page, its rank in the book and its title."""
    experiments = definition.find([])
    reports = {name: checking.check(experiment) for name, experiment in experiments.items()}
    known = [report.record for report in reports.values() if report.record]
    claims = [claim for report in reports.values() for claim in report.claims]
    hold = sum(claim.holds for claim in claims)
    lines = [
        f"{counted(len(experiments), 'experiment')}, {counted(sum(len(r.runs) for r in known), 'run')}, "
        f"{sum(r.minutes for r in known) / 60:.1f} core-hours. "
        f"{'All' if hold == len(claims) else f'{hold:,} of'} {counted(len(claims), 'claim')} hold.",
        "",
    ]
    lessons = {name.partition(".")[0] for name in experiments}
    for lesson in sorted(lessons, key=lambda lesson: (place(lesson)[1], lesson)):
        page, _, title = place(lesson)
        lines += [f"## {title}", ""] + ([f"To the lesson: [](/{page}.md)", ""] if page else [])
        for name, report in reports.items():
            if name.startswith(f"{lesson}."):
                lines += of_experiment(report, experiments[name])
    return "\n".join(lines)


def places(app):
    """A lesson's module → its page (None: the book has none), rank and title, by the order of the contents."""
    from sphinx_external_toc.parsing import parse_toc_yaml

    order = [str(name) for name in parse_toc_yaml(app.config.external_toc_path)]
    found = {}
    for rank, docname in enumerate(order):
        text = app.env.doc2path(docname)
        with open(text, encoding="utf8") as file:
            title = next((line[2:].strip() for line in file if line.startswith("# ")), docname)
        found[docname.rsplit("/", 1)[-1].replace("-", "_")] = docname, rank, title
    return lambda lesson: found.get(lesson, (None, len(found), plain(lesson)))


def fill(app, docname, source):
    if MARK in source[0]:
        for path in records.FOLDER.rglob("*.json"):
            app.env.note_dependency(str(path))
        source[0] = source[0].replace(MARK, of_all(places(app)))


def setup(app):
    app.connect("source-read", fill)
