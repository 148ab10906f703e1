"""The ids under which a platform's students lie in ``submitted/`` and stand in the gradebook.

No two share one, neither in one archive nor with somebody who came before; and no platform's number stands under two of them.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from autograder.answers.handed_in import printable
from autograder.classroom import gradebook
from autograder.classroom.archive import shown
from autograder.classroom.platforms import Owner
from autograder.paths import Course

LONGEST = 80  # characters of an id


@dataclass(frozen=True)
class Known:
    """Somebody whom the gradebook or ``submitted/`` has."""

    id: str
    name: str = ""
    number: str = ""


@dataclass
class Identities:
    """Who is who, and what is to be told of that."""

    ids: dict[Owner, str]
    owners: dict[str, Owner]  # by id, as it is entered: without a number where that is shared
    robbed: list[str]  # ids whose number has turned out to be somebody else's, too
    left_out: list[str]
    remarks: list[str]


def of(owners: Collection[Owner], course: Course) -> Identities:
    """The ``Identities`` of an archive's owners."""
    known = _known(course)
    found = Identities({}, {}, [], [], [])
    rows = {owner: _row(owner, known) for owner in owners}
    shared = _shared(rows, known, found)
    used: set[str] = set()
    # whose name is an id as it stands comes first, so that it stays the same from archive to archive
    for owner in sorted(owners, key=lambda o: (_tidy(o) != o.login, o.login, o.number or "")):
        row, entered = rows[owner], owner
        if owner.number and (owner.number in shared or _gave_up(owner, row)):
            entered = owner.without_number()
        made = row.id if row and row.id.casefold() not in used else _free(entered, known, used, found)
        used.add(made.casefold())
        found.ids[owner], found.owners[made] = made, entered
    return found


def _row(owner, known):
    """The ``Known`` that an owner is for certain, or None."""
    if not owner.number:
        # a folder that was laid by hand keeps the name that it has
        row = known.get(owner.login.casefold())
        return row if row == Known(owner.login) else None
    for one in (owner, owner.without_number()):
        row = known.get(_tidy(one).casefold())
        if row is None or row.id != _tidy(one):
            continue
        if row.number == owner.number or (not row.number and row.name == _name(owner)):
            return row
    return None


def _gave_up(owner, row):
    """Whether the number was found to be another student's, too, when an earlier archive came; what was decided since stays."""
    return bool(row and owner.number and not row.number)


def _shared(rows, known, found):
    """The numbers under which several students stand: of this archive, or of those that are known.  They are told."""
    shared = {}
    for number in {owner.number for owner in rows if owner.number}:
        mine = [(owner, row) for owner, row in rows.items() if owner.number == number]
        gave_up = [row.id for owner, row in mine if _gave_up(owner, row)]
        found.remarks += [
            f"The number {number} of {student} is another student's, too; it is not used."
            for student in gave_up
        ]
        claims = {row.id if row else owner for owner, row in mine if not _gave_up(owner, row)}
        claims |= {row.id for row in known.values() if row.number == number}
        if len(claims) > 1:
            shared[number] = claims
            found.robbed += [claim for claim in claims if isinstance(claim, str)]
    for number, claims in sorted(shared.items()):
        names = sorted(shown(claim if isinstance(claim, str) else claim.login) for claim in claims)
        found.left_out.append(
            f"The number {number} stands under several names ({', '.join(names)}); no mark will be sent to it."
        )
    return shared


def enter(identities: Identities, course: Course) -> None:
    """The platform's names and numbers into the gradebook, so that the marks find their way back."""
    with gradebook.opened(course) as book:
        for student in identities.robbed:
            book.update_or_create_student(student, lms_user_id=None)
        for student, owner in identities.owners.items():
            about = {}
            if owner.full or owner.login != student:
                first, _, last = _name(owner).rpartition(" ")
                about = {"first_name": first or None, "last_name": last}
            if owner.number:
                about["lms_user_id"] = owner.number
            book.update_or_create_student(student, **about)


def _tidy(owner):
    """The id that a student gets, if nobody else has it."""
    name = unicodedata.normalize("NFC", owner.login)
    if owner.number:
        plain = re.sub(r"[^\w.]+", "-", name).strip("-.").lower()[:LONGEST].strip("-.") or "student"
        return f"{plain}-{owner.number}"
    return re.sub(r"[^\w.-]+", "-", name)[:LONGEST].strip("-.") or "student"


def _name(owner):
    """The name that the gradebook keeps."""
    return " ".join(printable(owner.full or owner.login).split())


def _known(course):
    """Casefolded id -> ``Known``."""
    known = {}
    if course.submitted.is_dir():
        known = {
            path.name.casefold(): Known(path.name) for path in course.submitted.iterdir() if path.is_dir()
        }
    if course.database.is_file():
        with gradebook.read(course) as book:
            for row in book.students:
                name = " ".join(filter(None, (row.first_name, row.last_name)))
                known[row.id.casefold()] = Known(row.id, name, row.lms_user_id or "")
    return known


def _free(owner, known, used, found):
    """An id that nobody else has; who is numbered apart is told."""
    plain, number = _tidy(owner), 1
    made = plain
    while made.casefold() in used or _is_anothers(made, plain, owner, known):
        number += 1
        made = f"{plain}-{number}"
    if made != plain:
        found.remarks.append(f"{shown(owner.login)} is {made} here: {plain} is another student.")
    return made


def _is_anothers(made, plain, owner, known):
    """Whether an id belongs to somebody who came earlier under another name or number."""
    row = known.get(made.casefold())
    if row is None:
        return False
    if row.id != made:
        return True  # they would share a folder where large and small letters are one
    if owner.number:
        return bool(row.number) and row.number != owner.number
    mine = _name(owner)
    if owner.login == made:
        return bool(row.name) and row.name != mine and not owner.full and _tidy(Owner(row.name)) == plain
    return row.name != mine
