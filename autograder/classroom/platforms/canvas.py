"""Canvas (``lib/content_zipper.rb``): ``lovelaceada_LATE_7_1234_homework.ipynb`` of the student with the number 7, file 1234.

Anonymous: ``anon_Ab1Cd_1234_homework.ipynb``.
"""

import re

from autograder.classroom.platforms.parts import About, Owner, Part, Read

_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?(?P<name>anon_[A-Za-z0-9]+)_(?P<late_>LATE_)?(?P<id>\d+)_(?P<file>.+)"
)
# Canvas writes its numbers without leading zeros, and no name of its making holds "_digits_"
_CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<number>[1-9]\d*)_(?P<id>\d+)_(?P<file>.+)")
_CANVAS_TEXT = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<number>[1-9]\d*)_(?P<file>(?:text|link)\.html)")
_MORE = re.compile(r"(?P<id>\d+)_(?P<file>.+)")


def canvas(about: About) -> Read:
    """A name may end in a number (``s_12``), and a file's name may begin with one: what the archive cannot decide gets no number."""
    found, open_, sure = Read("Canvas"), {}, set()
    for index, path in enumerate(about.paths):
        name = path[0]
        if len(path) > 1:
            continue
        if match := _ANONYMOUS.fullmatch(name):
            late = bool(match["late"] or match["late_"])
            found.parts[index] = Part(
                Owner(match["name"]), (match["file"],), rank=int(match["id"]), late=late
            )
        elif match := _CANVAS_TEXT.fullmatch(name):
            owner = Owner(match["name"], match["number"], match["name"])
            found.parts[index] = Part(owner, (match["file"],), late=bool(match["late"]))
            sure.add(found.parts[index].owner)
        elif match := _CANVAS.fullmatch(name):
            owner, late = Owner(match["name"], match["number"], match["name"]), bool(match["late"])
            first = Part(owner, (match["file"],), rank=int(match["id"]), late=late)
            more = None if match["late"] else _MORE.fullmatch(match["file"])
            if more is None:
                sure.add(first.owner)
                found.parts[index] = first
            else:
                longer = f"{match['name']}_{match['number']}"
                second = Part(Owner(longer, match["id"], longer), (more["file"],), rank=int(more["id"]))
                open_[index] = first, second, more["id"]
    everywhere = not sure and len(open_) > 1
    ids = {third for _, _, third in open_.values()}
    for index, (first, second, _) in open_.items():
        if (first.owner in sure) != (second.owner in sure):
            found.parts[index] = first if first.owner in sure else second
        elif _begins_with(first.path[0], about.assignment) or (everywhere and len(ids) == 1):
            found.parts[index] = first  # the number is a beginning that all files share: 01_homework.ipynb
        elif everywhere and len(ids) == len(open_):  # numbers of files, which are all different
            found.parts[index] = second
        else:
            found.parts[index] = Part(Owner(second.owner.login), first.path, rank=first.rank)
            found.notes.append(
                f"{about.paths[index][0]} can be read in two ways; it is taken in without a number."
            )
    return found


def _begins_with(file, assignment):
    return file.casefold().startswith(f"{assignment}.".casefold())
