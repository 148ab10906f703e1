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
    found, told = Read("Gradescope"), _gradescope_metadata(about)
    for index, path in enumerate(about.paths):
        match = re.fullmatch(r"submission_(\d+)", path[0])
        if not match or len(path) < 2:
            continue
        login, full, when = told.get(path[0], (path[0], None, None))
        found.parts[index] = Part(Owner(login, None, full), path[1:], when)
    return found


def _gradescope_metadata(about):
    """Folder -> (login, name, time); of a group the first submitter."""
    try:
        data = yaml.load(about.text(("submission_metadata.yml",)) or "", Loader=_Plain)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    told = {}
    for folder, entry in data.items() if isinstance(data, dict) else ():
        people = entry.get(":submitters") if isinstance(entry, dict) else None
        if isinstance(people, list) and people and all(isinstance(person, dict) for person in people):
            named = [(_gradescope_login(person), person.get(":name")) for person in people]
            login = "+".join(str(login) for login, _ in named if login)
            full = ", ".join(str(name) for _, name in named if name)
            when = entry.get(":created_at")
            when = when.get("utc") if isinstance(when, dict) else when  # as Rails writes a time with a zone
            told[str(folder)] = (
                login or str(folder),
                full or None,
                when if isinstance(when, datetime) else None,
            )
    return told


def _gradescope_login(person):
    return person.get(":sid") or person.get(":email") or person.get(":name")
