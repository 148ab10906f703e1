"""Moodle (``mod/assign``): ``Ada Lovelace_7_assignsubmission_file_/homework.ipynb``, or without folders the same in one name."""

import re

from autograder.classroom.platforms.parts import About, Owner, Part, Read

_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?")


def moodle(about: About) -> Read:
    found = Read("Moodle")
    for index, path in enumerate(about.paths):
        match = _MOODLE.fullmatch(path[0])
        if match and bool(match["file"]) == (len(path) == 1):
            inside = path[1:] or (match["file"],)
            found.parts[index] = Part(Owner(match["name"], match["number"], match["name"]), inside)
    return found
