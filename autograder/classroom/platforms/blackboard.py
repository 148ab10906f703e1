"""Blackboard: ``homework_ada_attempt_2026-03-01-12-00-00_work.ipynb``, and a ``.txt`` that tells the name."""

import re
from datetime import datetime

from autograder.classroom.platforms.parts import About, Owner, Part, Read

_BLACKBOARD = re.compile(r"(?P<head>.+?)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)")


def blackboard(about: About) -> Read:
    found, heads, members = Read("Blackboard"), set(), {}
    for index, path in enumerate(about.paths):
        match = _BLACKBOARD.fullmatch(path[0]) if len(path) == 1 else None
        if match:
            heads.add(match["head"])
            members[index] = match
            if not match["file"]:
                found.own.append(index)
    with_files = {match["head"] for match in members.values() if match["file"]}
    told = {}
    for index in list(found.own):
        if members[index]["head"] not in with_files:  # a text alone was handed in
            found.own.remove(index)
            found.left_out[index] = "it tells of a hand-in without a file"
            continue
        said = re.match(
            r"\s*Name:\s*(.+?)\s*\(([^()]+)\)\s*$", about.text(about.paths[index]) or "", re.MULTILINE
        )
        if said and members[index]["head"].endswith(f"_{said[2]}"):
            told[members[index]["head"]] = said[2], said[1]
    prefix = _shared(heads, about.assignment)
    for index, match in members.items():
        if match["file"]:
            login, full = told.get(match["head"], (match["head"][len(prefix) :], None))
            when = datetime.strptime(match["when"], "%Y-%m-%d-%H-%M-%S") if _is_time(match["when"]) else None
            found.parts[index] = Part(Owner(login, None, full), (match["file"],), when, match["when"])
    return found


def _shared(heads, assignment):
    """With what all of Blackboard's names begin: the assignment's name, as far as can be told."""
    if heads and all(head.startswith(f"{assignment}_") and head != f"{assignment}_" for head in heads):
        return f"{assignment}_"
    least, most = min(heads, default=""), max(heads, default="")
    length = next((n for n, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), len(least))
    return least[: least.rfind("_", 0, length) + 1]


def _is_time(text):
    try:
        datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        return False
    return True
