"""The course's package as a wheel, which the site publishes and downloaded lessons install."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PARTS = ("attention_course", "autograder", "solutions", "exercises")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "LICENSE-TEXT")


def key(root):
    """A digest of all that the wheel is made of."""
    digest = hashlib.sha256(sys.version.encode())
    inside = (p for part in PARTS for p in sorted((root / part).rglob("*")) if "__pycache__" not in p.parts)
    for path in [*inside, *(root / name for name in FILES)]:
        if path.is_file():
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def make(root, out):
    """The wheel of the repository at ``root``, in the folder ``out``, made anew where something changed; its path.

    Raises ``RuntimeError`` with what pip said where it cannot be made.
    """
    stamp, wanted = out / "key", key(root)
    made = sorted(out.glob("*.whl"))
    if made and stamp.is_file() and stamp.read_text() == wanted:
        return made[0]
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:  # setuptools leaves build/ and *.egg-info beside the source
        source = Path(folder, "source")
        source.mkdir()
        for part in PARTS:
            shutil.copytree(
                root / part, source / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
        for name in FILES:
            shutil.copyfile(root / name, source / name)
        command = [
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            str(out),
            str(source),
        ]
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The wheel cannot be made: {done.stderr.strip()}")
    stamp.write_text(wanted)
    return next(out.glob("*.whl"))
