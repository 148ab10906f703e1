"""Runs are made once, kept as they end, and a kill loses none that had ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from attention_course import records
from attention_course.experiments.engine import running

LESSON = '''
import time
from pathlib import Path
import numpy as np
from attention_course.experiments import Outcome, above, experiment, grid

@experiment(settings=grid(rate=[0.1, 0.2]))
def numbers(seed, rate):
    """Numbers."""
    time.sleep({pause})
    if seed == 13:
        raise ValueError("thirteen")
    if seed == 14:
        import os
        os._exit(1)
    value = seed + 10 * rate + {plus}
    return Outcome({{"value": value, "row": [value, 1 / 3]}}, {{"weight": np.ones((1, 2), np.float32), "bias": np.zeros(1, np.float32)}} if seed == 0 else None)

@numbers.claim
def positive(runs):
    "Every value is positive."
    return above(runs.values("value", rate=0.1), 0)
'''


class Toy:
    """A lesson of its own, run by the command as a person would."""

    def __init__(self, folder):
        self.folder, self.out = folder, folder / "out"
        self.write()

    def write(self, pause=0, plus=1):
        (self.folder / "zz_toy.py").write_text(LESSON.format(pause=pause, plus=plus))

    def start(self, *arguments, **options):
        code = (
            "import sys, attention_course.experiments as e; e.__path__.insert(0, sys.argv.pop(1));"
            "from attention_course.experiments.__main__ import main; main()"
        )
        # the workers find the lesson through PYTHONPATH's sitecustomize
        site = self.folder / "site"
        site.mkdir(exist_ok=True)
        (site / "sitecustomize.py").write_text(
            "import sys\n"
            "class F:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name == 'attention_course.experiments.zz_toy':\n"
            "            import importlib.util\n"
            f"            return importlib.util.spec_from_file_location(name, {str(self.folder / 'zz_toy.py')!r})\n"
            "sys.meta_path.insert(0, F())\n"
        )
        environment = os.environ | {"PYTHONPATH": str(site)}
        return subprocess.Popen(
            [sys.executable, "-c", code, str(self.folder), *map(str, arguments), "--out", str(self.out)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            **options,
        )

    def call(self, *arguments):
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=240)
        return process.returncode, said

    @property
    def path(self):
        return self.out / "zz_toy" / "numbers.json"

    def record(self):
        return records.read(self.path)


@pytest.fixture
def toy(tmp_path):
    return Toy(tmp_path)


def test_run_check_and_run_again(toy):
    code, said = toy.call("run", "zz_toy", "--seeds", "0-3")
    assert code == 0 and "8 runs to make" in said, said
    record = toy.record()
    assert record.seeds == [0, 1, 2, 3] and record.values("value", rate=0.2).tolist() == [3, 4, 5, 6]
    assert record.values("row", rate=0.1)[0].tolist() == [2, 0.333333], "six significant digits"
    assert set(record.state(0, rate=0.1)) == {"weight", "bias"}
    assert record.parameters(0, rate=0.1)["weight"].dtype == np.float16, "half precision"
    machine = record.content["machines"][0]
    assert machine["threads"] == 1 and machine["numpy"] == np.__version__ and machine["python"]
    before = toy.path.read_bytes()
    code, said = toy.call("run", "zz-toy.numbers", "--seeds", "0-3")
    assert code == 0 and "Nothing to run" in said and toy.path.read_bytes() == before
    code, said = toy.call("check", "zz_toy")
    assert code == 0 and "1 of 1 claims hold" in said, said
    code, said = toy.call("run", "zz_toy", "--seeds", "5")
    assert code == 0 and "2 runs to make" in said and toy.record().seeds == [0, 1, 2, 3, 5]


def test_changed_code_makes_runs_stale_and_a_claim_can_fail(toy):
    toy.call("run", "zz_toy", "--seeds", "0-3")
    toy.write(plus=-100)
    code, said = toy.call("check", "zz_toy")
    assert code == 1 and "of another code" in said and "run zz_toy.numbers" in said.replace("\n", ""), said
    code, said = toy.call("run", "zz_toy", "--seeds", "0-3")
    assert code == 0 and "its 8 recorded runs are of another code" in said.replace("\n", " "), said
    code, said = toy.call("check", "zz_toy")
    assert code == 1 and "0 of 1 claims hold" in said and "Every value is positive." in said, said


def test_a_run_that_fails_is_named_and_the_others_are_kept(toy):
    code, said = toy.call("run", "zz_toy", "--seeds", "12-15")
    assert (
        code == 1 and said.count("ValueError: thirteen") == 2 and said.count("process that ran it ended") == 2
    ), said
    assert [run["seed"] for run in toy.record().runs] == [12, 15, 12, 15]
    code, said = toy.call("check", "zz_toy")
    assert code == 1 and "4 of 8 runs are missing" in said, said


def test_kill_keeps_what_had_ended_and_leaves_no_process(toy):
    toy.write(pause=0.3)
    process = toy.start("run", "zz_toy", "--seeds", "0-9", "--workers", "2")
    for _ in range(600):
        time.sleep(0.1)
        if toy.path.exists() and len(toy.record().runs) >= 3:
            break
    children = [
        int(p)
        for p in subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True
        ).stdout.split()
    ]
    process.send_signal(signal.SIGKILL)
    process.wait()
    made = len(toy.record().runs)
    assert 3 <= made < 20
    time.sleep(1)
    alive = [
        pid
        for pid in children
        if Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()
    ]
    assert not alive, "workers end with the process that started them"
    code, said = toy.call("run", "zz_toy", "--seeds", "0-9")
    assert code == 0 and f"{20 - made} runs to make" in said.replace("\n", " "), said
    assert len(toy.record().runs) == 20 and not list(toy.path.parent.glob(".*.[0-9]*"))


def test_two_at_once_do_not_write_one_record(toy):
    toy.write(pause=0.5)
    first = toy.start("run", "zz_toy", "--seeds", "0-5")
    for _ in range(600):
        time.sleep(0.1)
        if toy.path.exists():
            break
    (toy.path.parent / ".numbers.json.999999999").write_text("half of a rec")  # of one that was killed
    code, said = toy.call("run", "zz_toy", "--seeds", "6-8")
    assert code == 2 and "Another process is making runs of zz_toy.numbers" in said.replace("\n", " "), said
    assert first.wait() == 0 and toy.record().seeds == list(range(6))
    toy.write()
    assert toy.call("run", "zz_toy", "--seeds", "0-2")[0] == 0
    assert not list(toy.path.parent.glob(".*.[0-9]*")), "what a killed process left is gone"


def test_seeds_that_were_asked_for_by_mistake_can_be_taken_back(toy):
    toy.write(pause=0.2)
    process = toy.start("run", "zz_toy", "--seeds", "0-5000")
    for _ in range(600):
        time.sleep(0.1)
        if toy.path.exists():
            break
    process.kill()
    process.wait()
    assert toy.call("run", "zz_toy", "--seeds", "0-11")[0] == 0
    assert toy.call("check", "zz_toy")[0] == 0 and toy.record().seeds == list(range(12))


def test_what_the_command_needs_is_named(tmp_path):
    """The package alone, as lessons need it, has no command line."""
    code = "import sys, runpy; sys.modules['typer'] = None; runpy.run_module('attention_course.experiments', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "needs typer" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["/dev/full", "ascii"])
def test_an_output_that_cannot_be_written_is_one_sentence(where):
    command = [sys.executable, "-m", "attention_course.experiments", "list", "transformer"]
    environment = os.environ | ({"PYTHONIOENCODING": "ascii"} if where == "ascii" else {})
    with open("/dev/full" if where != "ascii" else os.devnull, "w") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, env=environment)
    assert "Traceback" not in done.stderr and done.returncode == (where != "ascii"), done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"experiment": "zz_toy.numbers"}',
        "null",
        "\x00",
        '{"experiment": "x.y", "key": "k", "seeds": [], "machines": [], "runs": []}',
    ],
)
def test_a_broken_record_is_told_and_not_overwritten(toy, text):
    toy.path.parent.mkdir(parents=True)
    toy.path.write_text(text)
    for command in ("run", "check"):
        code, said = toy.call(command, "zz_toy")
        assert code in (1, 2) and "is not a record" in said.replace("\n", " ") and "Traceback" not in said, (
            said
        )
        assert toy.path.read_text() == text


def test_a_changed_parameter_file_is_told(toy):
    toy.call("run", "zz_toy", "--seeds", "0-3")
    file = toy.path.with_suffix(".safetensors")
    data = bytearray(file.read_bytes())
    data[-1] ^= 0xFF
    file.write_bytes(bytes(data))
    code, said = toy.call("check", "zz_toy")
    assert code == 1 and "does not hold the parameters" in said, said
    assert toy.call("run", "zz_toy", "--seeds", "0-3")[0] == 0
    assert toy.call("check", "zz_toy")[0] == 0


@pytest.mark.parametrize("arguments", [["run", "nothing"], ["check", "translation.nothing"], ["list", "no"]])
def test_an_unknown_name_is_one_sentence(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "attention_course.experiments", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 2 and "There is no experiment" in done.stdout and "Traceback" not in done.stderr


@pytest.mark.parametrize("seeds", ["x", "3-1", "1-", "-3", "", "0-99999999"])
def test_seeds_that_are_none_are_refused(toy, seeds):
    code, said = toy.call("run", "zz_toy", f"--seeds={seeds}")
    assert code == 2 and "--seeds takes" in said.replace("\n", " "), said
    assert not toy.path.exists()


def test_numbers_that_a_record_cannot_hold_are_refused():
    with pytest.raises(TypeError, match="cannot be kept"):
        running.plain({"x": object()})
    with pytest.raises(OverflowError):
        running.half({"w": np.array([1e6], dtype=np.float32)})
    assert json.loads(json.dumps(running.plain(np.float32(1 / 3)))) == 0.333333
