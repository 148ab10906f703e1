"""Gradescope: ``assignment_1_export/submission_7/work.ipynb`` and ``submission_metadata.yml``."""

import re
from datetime import datetime

import yaml

from autograder.classroom.platforms.parts import About, Owner, Part, Read


class _Plain(yaml.SafeLoader):
    """YAML as data, whatever Ruby wrote beside it."""


_Plain.add_multi_constructor("!", lambda loader, _tag, node: _as_data(loader, node))


def _as_data(loader, node):
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def gradescope(about: About) -> Read:
    """A group hands in once, and each of its members is named: the hand-in is laid for every one of them."""
    found, told = Read("Gradescope"), _gradescope_metadata(about)
    here = {path[0] for path in about.paths if len(path) > 1}
    last: dict[Owner, str] = {}  # whoever left a group, or came into one, stands in two submissions
    for folder, (owners, _) in sorted(told.items(), key=lambda item: _order(item[1][1])):
        if folder in here:
            last.update(dict.fromkeys(owners, folder))
            if len(owners) > 1:
                names = ", ".join(owner.full or owner.login for owner in owners)
                found.remarks.append(f"{folder} is a group's ({names}); it is each one's hand-in.")
    for index, path in enumerate(about.paths):
        match = re.fullmatch(r"submission_(\d+)", path[0])
        if not match or len(path) < 2:
            continue
        owners, when = told.get(path[0], ([], None))
        mine = [owner for owner in owners if last[owner] == path[0]]
        if owners and not mine:
            found.left_out[index] = "those who handed it in have a later submission"
            continue
        first, *others = mine or [Owner(path[0])]
        found.parts[index] = Part(first, path[1:], when, shared_with=tuple(others))
    return found


def _order(when):
    return when.timestamp() if when else 0.0


def _gradescope_metadata(about):
    """Folder -> (owners, time of handing in)."""
    try:
        data = yaml.load(about.text(("submission_metadata.yml",)) or "", Loader=_Plain)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    told = {}
    for folder, entry in data.items() if isinstance(data, dict) else ():
        people = entry.get(":submitters") if isinstance(entry, dict) else None
        if isinstance(people, list) and people and all(isinstance(person, dict) for person in people):
            named = [(_gradescope_login(person), person.get(":name")) for person in people]
            owners = [Owner(str(login), None, str(name) if name else None) for login, name in named if login]
            when = entry.get(":created_at")
            when = when.get("utc") if isinstance(when, dict) else when  # as Rails writes a time with a zone
            told[str(folder)] = list(dict.fromkeys(owners)), when if isinstance(when, datetime) else None
    return told


def _gradescope_login(person):
    return person.get(":sid") or person.get(":email") or person.get(":name")
