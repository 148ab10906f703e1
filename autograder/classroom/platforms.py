"""Whose file is this?  How learning platforms lay out the archive of an assignment's hand-ins.

One layout is recognised for a whole archive, and identity comes from its outermost level alone: what stands further in,
a file's own name above all, was chosen by a student.

Canvas        ``lovelaceada_LATE_7_1234_homework.ipynb``: student, user 7, file 1234 (``lib/content_zipper.rb`` of canvas-lms);
              anonymous: ``anon_Ab1Cd_1234_homework.ipynb``
Moodle        ``Ada Lovelace_7_assignsubmission_file_/homework.ipynb``, or without folders the same in one name (``mod/assign``)
Blackboard    ``homework_ada_attempt_2026-03-01-12-00-00_work.ipynb``, and a ``.txt`` that tells the name
Brightspace   ``7-1234 - Ada Lovelace - Mar 1, 2026 1200 PM/work.ipynb``, or ``- work.ipynb`` in one name
Gradescope    ``assignment_1_export/submission_7/work.ipynb`` and ``submission_metadata.yml``
nbgrader      ``submitted/ada/homework/homework.ipynb``; in the exchange ``ada+homework+2026-03-01 12:00:00 UTC/homework.ipynb``
anything else a folder a student
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import yaml

OWN_FILES = ("index.html", "submission_metadata.yml")  # a platform's own, at the outermost level
_OUTER = re.compile(r"submitted|submissions?|inbound|exchange|assignment_\d+_export", re.IGNORECASE)


@dataclass(frozen=True)
class Owner:
    """A student as the platform tells: two of them are two people, whatever their ids look like."""

    login: str  # what the student's id is made from
    number: str | None = None  # in the platform
    full: str | None = None  # first and last name, where known


@dataclass
class Part:
    """A member's place: its owner, its path among the owner's files, and what the platform says of the time."""

    owner: Owner
    path: tuple
    when: datetime | None = None
    attempt: str = ""  # of several the last in order counts


@dataclass
class Read:
    """An archive whose layout is known."""

    layout: str
    parts: dict = field(default_factory=dict)  # index of the member -> Part
    left_out: dict = field(default_factory=dict)  # index -> why, as the end of a sentence
    own: list = field(default_factory=list)  # indices of the platform's own files
    notes: list = field(default_factory=list)  # what could not be told of somebody
    remarks: list = field(default_factory=list)  # what else there is to know

    @property
    def trusts_timestamps(self):
        """Whether a ``timestamp.txt`` in there may be nbgrader's own."""
        return self.layout.startswith("a folder a student") or self.layout.startswith("nbgrader")


@dataclass
class About:
    """What a layout may need to know of the archive as a whole."""

    assignment: str
    others: frozenset  # the course's other assignments
    paths: list  # without the outer folders
    text: object  # path -> the text of that member, or None


def read(paths, assignment, others=(), text=lambda path: None):
    """The layout of an archive with these paths (tuples of names; no program's files among them): ``Read``."""
    return _platform(paths, assignment, others, text) or _folders(paths, assignment, others)


def _platform(paths, assignment, others, text):
    """The layout of the platform to which most of the outermost names belong, or None."""
    for peeled in range(3):
        if not all(len(path) > peeled for path in paths):
            return None
        outer = paths[0][:peeled] if paths else ()
        if any(path[:peeled] != outer for path in paths):
            return None
        inner = [path[peeled:] for path in paths]
        about = About(assignment, frozenset(others), inner, lambda path, outer=outer: text(outer + path))
        told = all(_OUTER.fullmatch(name) for name in outer)
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
    """Name what is left over, drop earlier attempts, and take numbers from those that share one."""
    for index, path in enumerate(paths):
        if len(path) == 1 and path[0] in OWN_FILES:
            found.own.append(index)
        elif index not in found.parts and index not in found.left_out and index not in found.own:
            found.left_out[index] = f"its name tells no student, as {found.layout} would have it"
    last = {}
    for part in found.parts.values():
        last[part.owner] = max(last.get(part.owner, ""), part.attempt)
    for index, part in list(found.parts.items()):
        if part.attempt < last[part.owner]:
            found.left_out[index] = "it belongs to an earlier attempt; the last one counts"
            del found.parts[index]
    holders = {}
    for part in found.parts.values():
        if part.owner.number:
            holders.setdefault(part.owner.number, set()).add(part.owner)
    for number, owners in holders.items():
        if len(owners) > 1:
            names = ", ".join(sorted(owner.login for owner in owners))
            found.notes.append(
                f"The number {number} stands under several names ({names}); no mark will be sent to it."
            )
            for part in found.parts.values():
                if part.owner in owners:
                    login = f"{part.owner.login}-{number}"
                    part.owner = Owner(login, None, part.owner.full or part.owner.login)


# --- platforms: each takes About and gives a Read with the members that it knows

_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?")


def _moodle(about):
    found = Read("Moodle")
    for index, path in enumerate(about.paths):
        match = _MOODLE.fullmatch(path[0])
        if match and bool(match["file"]) == (len(path) == 1):
            inside = path[1:] or (match["file"],)
            found.parts[index] = Part(Owner(match["name"], match["number"], match["name"]), inside)
    return found


_ANONYMOUS = re.compile(r"(?:LATE_)?(?P<name>anon_[A-Za-z0-9]+)_(?:LATE_)?\d+_(?P<file>.+)")
# Canvas writes its numbers without leading zeros, and no name of its making holds "_digits_"
_CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<number>[1-9]\d*)_(?P<id>\d+)_(?P<file>.+)")
_CANVAS_TEXT = re.compile(r"(?P<name>.+?)_(?:LATE_)?(?P<number>[1-9]\d*)_(?P<file>(?:text|link)\.html)")
_MORE = re.compile(r"(?P<id>\d+)_(?P<file>.+)")


def _canvas(about):
    """A name may end in a number (``s_12``), and a file's name may begin with one: what the archive cannot decide gets no number."""
    found, open_, sure = Read("Canvas"), {}, set()
    for index, path in enumerate(about.paths):
        name = path[0]
        if len(path) > 1:
            continue
        if match := _ANONYMOUS.fullmatch(name):
            found.parts[index] = Part(Owner(match["name"]), (match["file"],))
        elif match := _CANVAS_TEXT.fullmatch(name):
            found.parts[index] = Part(Owner(match["name"], match["number"], match["name"]), (match["file"],))
            sure.add(found.parts[index].owner)
        elif match := _CANVAS.fullmatch(name):
            first = Part(Owner(match["name"], match["number"], match["name"]), (match["file"],))
            more = None if match["late"] else _MORE.fullmatch(match["file"])
            if more is None:
                sure.add(first.owner)
                found.parts[index] = first
            else:
                longer = f"{match['name']}_{match['number']}"
                second = Part(Owner(longer, match["id"], longer), (more["file"],))
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
            found.parts[index] = Part(Owner(second.owner.login), first.path)
            found.notes.append(
                f"{about.paths[index][0]} can be read in two ways; it is taken in without a number."
            )
    return found


def _begins_with(file, assignment):
    return file.casefold().startswith(f"{assignment}.".casefold())


_BLACKBOARD = re.compile(r"(?P<head>.+?)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)")


def _blackboard(about):
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


_BRIGHTSPACE = re.compile(
    r"(?P<number>\d+)-\d+ - (?P<name>.+?) - (?P<when>\w[^/]*?\d{4} \d{1,2}[-_:]?\d\d(?: ?[AP]M)?)(?: - (?P<file>.+))?"
)


def _brightspace(about):
    found = Read("Brightspace")
    for index, path in enumerate(about.paths):
        match = _BRIGHTSPACE.fullmatch(path[0])
        if match and bool(match["file"]) == (len(path) == 1):
            when = _brightspace_time(match["when"])
            attempt = when.isoformat() if when else ""
            owner = Owner(match["name"], match["number"], match["name"])
            found.parts[index] = Part(owner, path[1:] or (match["file"],), when, attempt)
    return found


def _brightspace_time(text):
    plain = re.sub(r"[,.]", "", text)
    parts = re.fullmatch(r"(.*\d{4}) (\d{1,2}[-_:]?\d\d.*)", plain)
    if parts is None:
        return None
    day, clock = parts.groups()
    digits = re.sub(r"\D", "", clock).zfill(4)
    half = "PM" if "PM" in clock else "AM" if "AM" in clock else ""
    for date in ("%b %d %Y", "%B %d %Y", "%d %B %Y", "%d %b %Y"):
        for hour in ("%I%M%p",) if half and int(digits[:2]) <= 12 else ("%H%M",):
            try:
                return datetime.strptime(f"{day} {digits}{half if 'p' in hour else ''}", f"{date} {hour}")
            except ValueError:
                continue
    return None


class _Plain(yaml.SafeLoader):
    """YAML as data, whatever Ruby wrote beside it."""


_Plain.add_multi_constructor("!", lambda loader, _tag, node: _as_data(loader, node))


def _as_data(loader, node):
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def _gradescope(about):
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


_INBOUND = re.compile(
    r"(?P<login>.+)\+(?P<assignment>[^+]+)\+(?P<when>\d{4}-\d\d-\d\d[ _]\d\d[:_-]\d\d[:_-]\d\d)(?P<rest>(?:\.\d+)? ?\w+)(?:\+.+)?"
)


def _inbound(about):
    found = Read("nbgrader's exchange")
    for index, path in enumerate(about.paths):
        match = _INBOUND.fullmatch(path[0]) if len(path) > 1 else None
        if match is None:
            continue
        if match["assignment"] != about.assignment:
            found.left_out[index] = f"it belongs to the assignment {match['assignment']}"
            continue
        digits = re.sub(r"\D", "", match["when"])
        try:
            when = datetime.strptime(digits, "%Y%m%d%H%M%S")
        except ValueError:
            when = None
        found.parts[index] = Part(Owner(match["login"]), path[1:], when, digits + match["rest"])
    return found


_LAYOUTS = {
    "Moodle": _moodle,
    "Canvas": _canvas,
    "Blackboard": _blackboard,
    "Brightspace": _brightspace,
    "Gradescope": _gradescope,
    "nbgrader's exchange": _inbound,
}


# --- no platform: a folder a student


def _folders(paths, assignment, others):
    whole = _course(paths, assignment)
    if whole:
        return whole
    peeled = _outer_folders(paths, assignment)
    where = f" in {'/'.join(paths[0][:peeled])}" if peeled else ""
    inner = [path[peeled:] for path in paths]
    within = {path[1].casefold() for path in inner if len(path) > 2}
    nbgrader = assignment.casefold() in within
    found = Read(f"nbgrader's submitted folder{where}" if nbgrader else f"a folder a student{where}")
    if not peeled and len({path[0] for path in inner}) == 1:
        found.remarks.append(f"All lies in one folder, {inner[0][0]}: it was taken for one student's.")
    foreign = {other.casefold() for other in others} - {assignment.casefold()} if nbgrader else ()
    for index, path in enumerate(inner):
        if len(path) < 2:
            found.left_out[index] = "it lies in no student's folder, and its name is no platform's"
        elif len(path) > 2 and path[1].casefold() in foreign:
            found.left_out[index] = f"it belongs to the assignment {path[1]}"
        else:
            strip = 2 if len(path) > 2 and path[1].casefold() == assignment.casefold() else 1
            found.parts[index] = Part(Owner(path[0]), path[strip:])
    return found


def _course(paths, assignment):
    """A course's whole folder, ``submitted/`` being a part of it, or None."""
    for depth in range(3):
        if len({path[:depth] for path in paths}) > 1:
            return None
        inner = [path[depth:] for path in paths]
        inside = [
            len(path) > 3 and path[0] == "submitted" and path[2].casefold() == assignment.casefold()
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

    One folder around all is taken for the class's where it is called as such, or holds several folders with hand-ins and nothing else;
    else it is a student's.
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
        direct = any(len(path) == peeled + 2 for path in paths)
        below = {folder.casefold() for folder in folders}
        next_ = {path[peeled + 1] for path in paths}
        around = len(next_) == 1 and _OUTER.fullmatch(min(next_)) and all(len(p) > peeled + 2 for p in paths)
        told = around or _OUTER.fullmatch(name) or name.casefold() == assignment.casefold()
        if not told and (direct or len(folders) < 2 or assignment.casefold() in below):
            break
        peeled += 1
    return peeled


def as_timestamp(when):
    """A time as nbgrader writes it into ``timestamp.txt``; one without a zone is taken for UTC."""
    if when.tzinfo is not None:
        when = when.astimezone(UTC).replace(tzinfo=None)
    return when.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
