"""No platform: a folder a student, nbgrader's ``submitted/``, a course's whole folder."""

import re
from collections.abc import Iterable, Sequence

from autograder.answers.handed_in import is_notebook
from autograder.classroom.platforms.parts import Names, Owner, Part, Read
from autograder.plain import letters

OUTER = re.compile(
    r"submitted|submissions?|inbound|exchange|downloaded|archive|extracted|assignment_\d+_export",
    re.IGNORECASE,
)
# what one person calls several states of the same work
_STATES = re.compile(
    r"([a-z]|attempt|version|ver|v|try|draft|final|old|new|back_?up|bak|copy|take|submission|submitted|hand_?in|resubmission|work|src|notebooks?|part|task|exercise)?[\W_]*\d*",
    re.IGNORECASE,
)


def folders(paths: Sequence[Names], assignment: str, others: Iterable[str]) -> Read:
    whole = _course(paths, assignment)
    if whole:
        return whole
    peeled = _outer_folders(paths, assignment)
    where = f" in {'/'.join(paths[0][:peeled])}" if peeled else ""
    inner = [path[peeled:] for path in paths]
    within = {letters(path[1]) for path in inner if len(path) > 2}
    nbgrader = letters(assignment) in within
    if not nbgrader and _are_groups(inner):
        where, inner = f"{where}, by groups", [path[1:] if len(path) > 1 else path for path in inner]
    found = Read(f"nbgrader's submitted folder{where}" if nbgrader else f"a folder a student{where}")
    if not peeled and len({path[0] for path in inner}) == 1:
        found.remarks.append(f"All lies in one folder, {inner[0][0]}: it was taken for one student's.")
    foreign = {letters(other) for other in others} - {letters(assignment)} if nbgrader else ()
    zips = {path[0] for path in inner if len(path) == 1 and path[0].casefold().endswith(".zip")}
    for index, path in enumerate(inner):
        if len(path) < 2 and path[0] in zips and (len(zips) > 1 or not OUTER.fullmatch(path[0][:-4])):
            found.parts[index] = Part(Owner(path[0][:-4] or path[0]), path)  # a zip a student
        elif len(path) < 2:
            found.left_out[index] = "it lies in no student's folder, and its name is no platform's"
        elif len(path) > 2 and letters(path[1]) in foreign:
            found.left_out[index] = f"it belongs to the assignment {path[1]}"
        else:
            strip = 2 if len(path) > 2 and letters(path[1]) == letters(assignment) else 1
            found.parts[index] = Part(Owner(path[0]), path[strip:])
    _tell_of_several(found)
    return found


def _holding(paths):
    """First folder -> the folders in it that hold notebooks; "" for a notebook that lies beside them."""
    found: dict[str, set[str]] = {}
    for path in paths:
        if len(path) > 1 and is_notebook(path[-1]):
            found.setdefault(path[0], set()).add(path[1] if len(path) > 2 else "")
    return found


def _are_groups(paths):
    """Whether the first folders are groups of a class: no notebook lies in one itself, the folders in them are called as one
    person each and no two the same, and one group has several."""
    held = list(_holding(paths).values())
    people = [name for names in held for name in names]
    return (
        len(held) > 1
        and any(len(names) > 1 for names in held)
        and len({letters(name) for name in people}) == len(people)
        and not any(_STATES.fullmatch(name) for name in people)
    )


def _tell_of_several(found):
    """Leave out whose notebooks lie in several folders and none beside them, but for states of one person's work.

    They may be several students', of whom one would get the other's mark.
    """
    held = _holding([(part.owner.login, *part.path) for part in found.parts.values()])
    for login, inside in sorted(held.items()):
        listed = ", ".join(sorted(inside - {""})[:5])
        told = f"{login} holds several folders with notebooks ({listed})"
        if len(held) == 1 and len(inside - {""}) > 1:
            found.notes.append(
                f"{told}; if these are students', lay what is beside them elsewhere and import again."
            )
        elif len(inside) > 1 and "" not in inside:
            if all(_STATES.fullmatch(name) for name in inside):
                found.remarks.append(f"{told}: all were taken for one student's.")
                continue
            for index in [i for i, part in found.parts.items() if part.owner.login == login]:
                del found.parts[index]
                found.left_out[index] = (
                    f"{told}, and whose they are cannot be told; if each is a student's, import {login} by itself, as a folder or a zip file"
                )


def _course(paths, assignment):
    """A course's whole folder, ``submitted/`` being a part of it, or None."""
    for depth in range(3):
        if len({path[:depth] for path in paths}) > 1:
            return None
        inner = [path[depth:] for path in paths]
        inside = [
            len(path) > 3 and path[0] == "submitted" and letters(path[2]) == letters(assignment)
            for path in inner
        ]
        if any(inside) and not all(path[0] == "submitted" for path in inner):
            found = Read("nbgrader's submitted folder in a course")
            for index, path in enumerate(inner):
                if inside[index]:
                    found.parts[index] = Part(Owner(path[1]), path[3:])
                else:
                    found.left_out[index] = f"it is no hand-in for {assignment} in submitted/"
            return found
    return None


def _outer_folders(paths, assignment):
    """How many folders stand around the students' own.

    One folder around all is taken for the class's where it is called as such, or holds several folders with hand-ins and no notebook beside
    them; else it is a student's.
    """
    peeled = 0
    while peeled < 4 and paths and all(len(path) > peeled + 1 for path in paths):
        outer = {path[peeled] for path in paths}
        if len(outer) > 1:
            break
        name = outer.pop()
        folders = {
            path[peeled + 1]
            for path in paths
            if len(path) > peeled + 2 and path[-1].casefold().endswith((".ipynb", ".zip", ".ipynb.txt"))
        }
        direct = any(len(path) == peeled + 2 and is_notebook(path[-1]) for path in paths)
        below = {letters(folder) for folder in folders}
        next_ = {path[peeled + 1] for path in paths}
        around = len(next_) == 1 and OUTER.fullmatch(min(next_)) and all(len(p) > peeled + 2 for p in paths)
        told = around or OUTER.fullmatch(name) or letters(name) == letters(assignment)
        if not told and (direct or len(folders) < 2 or letters(assignment) in below):
            break
        peeled += 1
    return peeled
