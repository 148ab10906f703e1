"""The build's own modules, which lie beside the book and not in a package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book" / "_ext"))

import downloads  # noqa: F401
import execute  # noqa: F401
import tidy  # noqa: F401
