"""What a student's room may read: the folders that Python imports from, and a few places of data; nothing of a class.

What lies below one of these and must not be seen is hidden there, or grading is refused.  Of the system's libraries there is
the folder that Debian has for them alone; where they lie among other things, those must do that the process which forks the
rooms has loaded.
"""

import os
import site
import sys
import sysconfig
import zoneinfo
from collections.abc import Iterable
from functools import cache

from autograder.errors import Refused
from autograder.paths import CODE, IN_CLONE

OURS = ("autograder", "attention_course")  # in a wheel the bank's answers and the solutions lie in there
_MACHINE = sysconfig.get_config_var("MULTIARCH") or "-"  # x86_64-linux-gnu, say
_DATA = (
    f"/usr/lib/{_MACHINE}",
    "/etc/localtime",
    "/usr/lib/locale",
    "/usr/local/share/fonts",
    "/usr/share/fonts",
    *zoneinfo.TZPATH,
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
)

_closed: set[str] = set()


@cache
def libraries() -> list[str]:
    """The entries of ``sys.path`` that belong to Python: its own library and the installed packages."""
    own = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *site.getsitepackages()}
    own |= {site.getusersitepackages()} if site.ENABLE_USER_SITE else set()
    own |= {path for path in sys.path if path.endswith(".zip")}  # the library may be packed
    return [path for path in sys.path if any(_within(os.path.abspath(path), folder) for folder in own)]


@cache
def paths() -> list[str]:
    """All that a room may read, outer folders first."""
    found = {os.path.abspath(path) for path in (*libraries(), *_DATA)}
    return [path for path in sorted(found) if os.path.exists(path)]


def close(folders: Iterable[str | os.PathLike[str]]) -> None:
    """These may not be read, whatever the room needs.  Raises ``Refused`` where it cannot do without."""
    places = [os.path.realpath(path) for path in paths()]
    checkout = [CODE] if IN_CLONE else []
    for folder in map(os.path.realpath, (*folders, *checkout)):
        if any(_within(folder, place) for place in places) and any(
            _within(place, folder) for place in places
        ):
            raise Refused(
                f"{folder} lies where Python's libraries lie, which student code must be able to read. Move it to another place."
            )
        _closed.add(folder)


def closed() -> frozenset[str]:
    """What ``close`` was told."""
    return frozenset(_closed)


def hidden() -> list[str]:
    """Folders below a readable path in whose place a room has an empty one."""
    return _hidden(closed())


@cache
def _hidden(folders: frozenset[str]) -> list[str]:
    found: set[str] = set()
    for place in paths():
        inside = [folder for folder in folders if _within(folder, os.path.realpath(place))]
        found.update(os.path.join(place, os.path.relpath(f, os.path.realpath(place))) for f in inside)
        others = {os.path.join(place, name) for name in ("site-packages", "dist-packages")}
        found |= others - set(libraries())  # another environment's, within the library
        found.update(os.path.join(place, name) for name in OURS)
    return sorted(path for path in found if os.path.isdir(path))


def _within(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")
