"""What the lessons share.

``mechanisms``   what they teach
``data``         makers of what is attended to
``measuring``    the training loop, whole translators, time and memory
``experiments``  runs that take longer than a page may, and what the book claims of them; ``records`` holds what they returned
``page``         what a page shows: plots, numbers in its prose, data for the interactive pages

Lessons write ``from attention_course import attention, plots`` for a module of any of these folders.  The NumPy modules import
neither torch nor matplotlib, so that they also run where neither is to be had.
"""

import importlib
from pathlib import Path
from types import ModuleType

FOLDERS = ("mechanisms", "data", "measuring", "page")


def __getattr__(name: str) -> ModuleType:
    """The module called ``name`` in one of the folders; called where this package has no such attribute yet."""
    for folder in FOLDERS:
        if Path(__file__).parent.joinpath(folder, f"{name}.py").is_file():
            return importlib.import_module(f"{__name__}.{folder}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
