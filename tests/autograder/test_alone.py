"""Where there is no Linux, ``check`` runs one's own notebook all the same; a class is not graded there."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import cli
from autograder.answers import assignment
from autograder.authoring import demo
from autograder.errors import Refused
from autograder.paths import ROOT
from autograder.rooms import alone
from autograder.rooms.line import Stopped

NAME = "01-visual-attention"
ELSEWHERE = """
import os, signal, socket, sys
for name in ("fcntl", "resource", "pyseccomp"):
    sys.modules[name] = None
for owner, names in (
    (os, ("fork", "pidfd_open", "setsid", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC")), (signal, ("pidfd_send_signal",)),
):
    for name in names:
        delattr(owner, name)
from autograder.rooms import alone
alone.needed = lambda: True
from autograder.cli import main
if __name__ == "__main__":
    sys.argv[1:] = {arguments!r}
    main()
"""


def elsewhere(*arguments):
    """The command, where what only Linux or only POSIX has is missing."""
    script = ELSEWHERE.replace("{arguments!r}", repr([str(part) for part in arguments]))
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_check_works_where_there_is_no_linux(tmp_path):
    made = assignment.load(NAME)
    mine = demo.solved(made) | {
        "softmax": "def softmax(scores, axis=-1):\n    return scores",
        "attention_entropy": demo.solved(made)["attention_entropy"] + "\n\nwhile True:\n    pass",
        "expected_location": "import os\nos._exit(3)",
    }
    nbformat.write(demo.answered(made, mine), tmp_path / f"{NAME}.ipynb")
    done = elsewhere("check", tmp_path / f"{NAME}.ipynb", "--json", tmp_path / "x.jsonl", "--seconds", "2")
    assert done.returncode == 0, done.stderr
    assert "graded on Linux" in done.stderr and "Traceback" not in done.stderr
    found = {e["id"]: e for e in json.loads((tmp_path / "x.jsonl").read_text())["exercises"]}
    full = {name for name, e in found.items() if e["points"] == e["max_points"]}
    # soft_attention calls the softmax that is wrong; a mistake is paid for once
    assert full == {"center_surround", "scanpath", "attention_entropy", "soft_attention"}
    assert "ended the Python process" in found["expected_location"]["messages"][0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{NAME}.ipynb", "x.jsonl"]


@pytest.mark.parametrize("command", [["grade", "--no-isolation"], ["grade"], ["demonstrate"]])
def test_a_class_is_refused_in_a_sentence(monkeypatch, tmp_path, command):
    monkeypatch.setattr(alone, "needed", lambda: True)
    refused = CliRunner().invoke(cli.app, [*command, "--course", str(tmp_path / "class")]).exception
    assert (
        isinstance(refused, Refused)
        and "graded on Linux" in str(refused)
        and "`check` works here" in str(refused)
    )
    assert not (tmp_path / "class").exists()


def test_a_room_of_ones_own_is_given_up_and_ends():
    line = alone.SpawnedLine()
    try:
        assert line.ask({"do": "run", "source": "print(1)"}, 60)["stdout"] == "1\n"
        slow = line.ask({"do": "run", "source": "while True: pass"}, 0.5, interrupt=True)
        assert slow["interrupted"] and slow["raised"]["kind"] == "KeyboardInterrupt"
        with pytest.raises(Stopped, match="timeout"):
            line.ask({"do": "run", "source": "while True: pass"}, 0.5)
    finally:
        line.end()
    assert not line.process.is_alive()
    assert not Path(line.folder.name).exists()
