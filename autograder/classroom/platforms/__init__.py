"""Whose file is this?  How learning platforms lay out the archive of an assignment's hand-ins.

One layout is recognised for a whole archive, and identity comes from its outermost level alone: what stands further in,
a file's own name above all, was chosen by a student.

Canvas        ``lovelaceada_LATE_7_1234_homework.ipynb``: student, user 7, file 1234
Moodle        ``Ada Lovelace_7_assignsubmission_file_/homework.ipynb``, or without folders the same in one name (``mod/assign``)
Blackboard    ``homework_ada_attempt_2026-03-01-12-00-00_work.ipynb``, and a ``.txt`` that tells the name
Brightspace   ``7-1234 - Ada Lovelace - Mar 1, 2026 1200 PM/work.ipynb``, or ``- work.ipynb`` in one name
Gradescope    ``assignment_1_export/submission_7/work.ipynb`` and ``submission_metadata.yml``
nbgrader      ``submitted/ada/homework/homework.ipynb``; in the exchange ``ada+homework+2026-03-01 12:00:00 UTC/homework.ipynb``
anything else a folder a student
"""

from collections.abc import Iterable, Sequence

from autograder.classroom.platforms.blackboard import blackboard
from autograder.classroom.platforms.brightspace import brightspace
from autograder.classroom.platforms.canvas import canvas
from autograder.classroom.platforms.exchange import exchange
from autograder.classroom.platforms.folders import OUTER, folders
from autograder.classroom.platforms.gradescope import gradescope
from autograder.classroom.platforms.moodle import moodle
from autograder.classroom.platforms.parts import About, Names, Owner, Part, Read, Text, as_timestamp
from autograder.plain import letters

__all__ = ["Names", "Owner", "Part", "Read", "as_timestamp", "read"]

OWN_FILES = ("index.html", "submission_metadata.yml")  # a platform's own, at the outermost level
_LAYOUTS = {  # each takes About and gives a Read with the members that it knows
    "Moodle": moodle,
    "Canvas": canvas,
    "Blackboard": blackboard,
    "Brightspace": brightspace,
    "Gradescope": gradescope,
    "nbgrader's exchange": exchange,
}


def read(
    paths: Sequence[Names], assignment: str, others: Iterable[str] = (), text: Text = lambda path: None
) -> Read:
    """The layout of an archive with these paths (tuples of names; no program's files among them): ``Read``."""
    inbound = _inbound(paths)
    if inbound:
        return _within(inbound, paths, assignment, others, text)
    return _platform(paths, assignment, others, text) or folders(paths, assignment, others)


def _inbound(paths):
    """Where the exchange's ``inbound/`` lies in an archive that holds more of an exchange beside it, or None."""
    for path in paths:
        for depth, name in enumerate(path[:4]):
            top = path[: depth + 1]
            if name == "inbound" and len(path) > depth + 2 and "+" in path[depth + 1]:
                return None if all(other[: len(top)] == top for other in paths) else top
    return None


def _within(top, paths, assignment, others, text):
    """The layout of what lies in one folder of an archive; all else is left out."""
    inside = [index for index, path in enumerate(paths) if path[: len(top)] == top]
    found = read([paths[index] for index in inside], assignment, others, text)
    found.parts = {inside[index]: part for index, part in found.parts.items()}
    found.left_out = {inside[index]: why for index, why in found.left_out.items()}
    found.own = [inside[index] for index in found.own]
    for index in set(range(len(paths))) - set(inside):
        found.left_out[index] = f"it does not lie in {'/'.join(top)}"
    return found


def _platform(paths, assignment, others, text):
    """The layout of the platform to which most of the outermost names belong, or None."""
    for peeled in range(5):
        if not all(len(path) > peeled for path in paths):
            return None
        outer = paths[0][:peeled] if paths else ()
        if any(path[:peeled] != outer for path in paths):
            return None
        inner = [path[peeled:] for path in paths]
        about = About(assignment, frozenset(others), inner, _below(outer, text))
        told = all(OUTER.fullmatch(name) or letters(name) == letters(assignment) for name in outer)
        tops = {path[0] for path in inner if path[0] not in OWN_FILES}
        fitting = []
        for layout, make in _LAYOUTS.items():
            found = make(about)
            found.layout = layout
            hits = {inner[index][0] for index in (*found.parts, *found.left_out, *found.own)}
            # files at the outermost level are nobody's otherwise; folders there may be students'
            folders = {path[0] for path in inner if len(path) > 1} - hits
            # below an outer folder the names may be a student's own, unless that folder, or all of them, speak for a platform
            several = hits == tops and len({part.owner for part in found.parts.values()}) > 1
            if found.parts and len(hits) > len(folders) and (told or several):
                fitting.append((found, len(hits)))
        if fitting:
            found = _best(fitting, inner)
            _finish(found, inner)
            return found
    return None


def _below(outer: Names, text: Text) -> Text:
    """``text`` for paths within the folder ``outer``."""
    return lambda path: text(outer + path)


def _best(fitting, paths):
    """Of several layouts that fit (each with the number of names that it explains) the one that the platform meant.

    A file's name may be made to look like another platform's, but it stands behind what the platform wrote: whose part ends first is right.
    """

    def owners(found):
        return len({part.owner for part in found.parts.values()})

    def written(found):
        return sum(
            len(paths[index][0]) - (len(part.path[0]) if len(paths[index]) == 1 else 0)
            for index, part in found.parts.items()
        )

    most = max(count for _, count in fitting)
    best = {found.layout: found for found, count in fitting if count == most}
    if {"Canvas", "Blackboard"} <= set(best) and owners(best["Canvas"]) == 1 < owners(best["Blackboard"]):
        del best["Canvas"]  # an assignment called x_3_4
    return min(best.values(), key=written)


def _finish(found, paths):
    """Name what is left over, and drop earlier attempts."""
    for index, path in enumerate(paths):
        if len(path) == 1 and path[0] in OWN_FILES:
            found.own.append(index)
        elif index not in found.parts and index not in found.left_out and index not in found.own:
            found.left_out[index] = f"its name tells no student, as {found.layout} would have it"
    last: dict[Owner, str] = {}
    for part in found.parts.values():
        last[part.owner] = max(last.get(part.owner, ""), part.attempt)
    for index, part in list(found.parts.items()):
        if part.attempt and part.attempt < last[part.owner]:
            found.left_out[index] = "it belongs to an earlier attempt; the last one counts"
            del found.parts[index]
