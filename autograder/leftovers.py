"""What programs leave beside people's work: checkpoints, previews, locks.  Nobody has handed that in.

Names are compared without letter case: the same file is ``Thumbs.db`` here and ``THUMBS.DB`` there.
"""

_NAMES = {
    "__macosx",
    "__pycache__",
    "$recycle.bin",
    "system volume information",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "icon\r",
    ".ds_store",
    ".localized",
    ".directory",
    ".git",
    ".ipynb_checkpoints",
}
_BEGINNINGS = (
    "._",
    "~$",
    ".~",
    ".#",
    ".nfs",
    ".fuse_hidden",
)  # macOS, Office, LibreOffice and Jupyter, Emacs, disks
_ENDINGS = (".pyc", ".pyo", ".swp", ":zone.identifier", ".crdownload", ".part")


def is_leftover(name: str) -> bool:
    """Whether a file or a folder of this name was made by a program, for itself."""
    name = name.casefold()
    return name in _NAMES or name.startswith(_BEGINNINGS) or name.endswith(_ENDINGS)


def is_folder_of_programs(name: str) -> bool:
    """Whether a folder of this name holds nobody's work: also what begins with a dot."""
    return name.startswith(".") or is_leftover(name)


def first_in(path: tuple[str, ...]) -> int | None:
    """The place in a path (a tuple of names, the last a file's) at which a program's part begins; None where there is none."""
    for place, name in enumerate(path):
        if is_leftover(name) if place == len(path) - 1 else is_folder_of_programs(name):
            return place
    return None
