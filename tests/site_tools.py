"""The build's own modules, which lie beside the book and not in a package."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXT = ROOT / "book" / "_ext"
sys.path.insert(0, str(EXT))

import downloads  # noqa: E402, F401
import execute  # noqa: E402, F401
import recorded  # noqa: E402, F401
import tidy  # noqa: E402, F401
