"""Make the runs that a record lacks: worker processes compute, this one alone writes.

A record is written anew after each run, beside its place first and then moved there, so that a kill at any moment leaves
the runs that had ended.
"""

import json
import math
import multiprocessing
import os
import platform
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any, cast

import numpy as np

from attention_course import records
from attention_course.experiments.engine import definition
from attention_course.experiments.engine.definition import Experiment
from attention_course.experiments.engine.keys import code_key
from attention_course.experiments.engine.locking import locked

DIGITS = 6  # significant digits of a number in a record


@dataclass(frozen=True)
class Job:
    """One run that is to be made."""

    experiment: str
    settings: dict
    seed: int


def plain(value: Any) -> Any:
    """Numbers for JSON: arrays as lists, floats with six significant digits.  Raises ``TypeError`` for what is neither."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number that a record can keep")
        return float(f"{value:.{DIGITS}g}")
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(
        f"{type(value).__name__} cannot be kept in a record: use numbers, strings, lists, dicts, arrays"
    )


def half(parameters: Any) -> dict[str, np.ndarray]:
    """A module's parameters or a dict of tensors as arrays, float32 in half precision.

    Raises ``OverflowError`` where a value is too large for that.
    """
    state = parameters.state_dict() if hasattr(parameters, "state_dict") else parameters
    arrays = {}
    for name, tensor in state.items():
        array = tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else np.asarray(tensor)
        if array.dtype in (np.float32, np.float64):
            with np.errstate(over="ignore"):
                small = array.astype(np.float16)
            if np.isfinite(array).all() and not np.isfinite(small).all():
                raise OverflowError(f"{name} has values beyond half precision")
            array = small
        arrays[name] = array
    return arrays


def machine() -> dict[str, Any]:
    """What a run is made on: processor, instruction set, versions, threads; of torch only where the run used it."""
    torch = sys.modules.get("torch")
    return {
        "processor": _processor(),
        "system": platform.system(),
        "instructions": torch.backends.cpu.get_cpu_capability() if torch else None,
        "python": platform.python_version(),
        "torch": torch.__version__ if torch else None,
        "numpy": np.__version__,
        "threads": torch.get_num_threads() if torch else 1,
        "settings": {n: os.environ[n] for n in _PROCESSOR_SETTINGS if n in os.environ},
    }


_PROCESSOR_SETTINGS = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA")


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _die_with_the_parent():
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker has one

    def watch():
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(pipe):
    """A worker's life: a job in, (numbers, parameters, seconds, machine) or a fault out."""
    _die_with_the_parent()  # one thread: by the environment, set before any library was imported
    while (job := pipe.recv()) is not None:
        try:
            experiment = definition.of_lesson(job.experiment.split(".")[0])[job.experiment]
            begin = time.process_time()
            outcome = experiment.run(job.seed, job.settings)
            seconds = time.process_time() - begin
            kept = None if outcome.parameters is None else half(outcome.parameters) or None
            pipe.send((plain(outcome.numbers), kept, seconds, machine()))
        except KeyboardInterrupt:
            return
        except SystemExit as left:
            pipe.send(f"the experiment left by SystemExit({left.code!r})")
        except Exception as error:  # whatever an experiment raises is told, and the other runs go on
            pipe.send(error_text(error))


def error_text(error: BaseException) -> str:
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} ({' < '.join(reversed(frames[-3:]))})"


def _said(settings):
    """Settings as a record says them: True is not 1, a tuple is a list."""
    return json.dumps(settings, sort_keys=True)


class _Writer:
    """The record of one experiment while its runs are made."""

    def __init__(self, experiment, path, seeds):
        self.experiment, self.path, self.key = experiment, path, code_key(experiment)
        self.content = {
            "experiment": experiment.name,
            "key": self.key,
            "seeds": list(seeds),
            "machines": [],
            "runs": [],
        }
        self.kept, self.trimmed, self.stale = {}, False, 0
        self.order = [_said(row) for row in experiment.settings]
        if path.exists():
            old = records.read(path)  # a broken one is an error, and stays
            self._take_over(old)

    def _take_over(self, old):
        """Keep the fresh runs of an earlier call; those of other seeds, too."""
        if old.key != self.key:
            self.stale = len(old.runs)
            return
        runs = [run for run in old.runs if _said(run["settings"]) in self.order]
        self.trimmed = len(runs) < len(old.runs)
        for run in runs:
            if run.get("parameters"):
                try:
                    arrays = old.parameters(run["seed"], **run["settings"])
                except records.RecordError:
                    continue  # parameters that are lost make their run again
                start = records.prefix_of(run["settings"], run["seed"])
                self.kept |= {start + name: array for name, array in arrays.items()}
            self.content["runs"].append(run)
        self.content["machines"] = old.content["machines"]
        self.content["seeds"] = sorted(
            {*self.content["seeds"], *(run["seed"] for run in self.content["runs"])}
        )

    def missing(self, seeds):
        made = [(_said(run["settings"]), run["seed"]) for run in self.content["runs"]]
        return [
            Job(self.experiment.name, row, seed)
            for seed in seeds
            for row in self.experiment.settings
            if (_said(row), seed) not in made
        ]

    def add(self, job, numbers, kept, seconds, made_on):
        machines = self.content["machines"]
        if made_on not in machines:
            machines.append(made_on)
        run = {
            "settings": job.settings,
            "seed": job.seed,
            "seconds": plain(seconds),
            "machine": machines.index(made_on),
        }
        run |= {"numbers": numbers, "parameters": None if kept is None else records.parameters_digest(kept)}
        if kept is not None:
            start = records.prefix_of(job.settings, job.seed)
            self.kept |= {start + name: array for name, array in kept.items()}
        runs = [*self.content["runs"], run]
        self.content["runs"] = sorted(runs, key=lambda r: (self.order.index(_said(r["settings"])), r["seed"]))
        self.write()

    def write(self):
        from safetensors.numpy import save

        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.kept:  # first, so that a record never names parameters that are not there
            _replace(self.path.with_suffix(".safetensors"), save(self.kept))
        _replace(self.path, _json(self.content).encode())


def _json(content):
    """One run a line, so that a change of one is a change of one line."""
    head = {key: value for key, value in content.items() if key != "runs"}
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}," for key, value in head.items()]
    runs = ",\n".join("  " + json.dumps(run, ensure_ascii=False) for run in content["runs"])
    return "\n".join(["{", *lines, ' "runs": [', runs, " ]", "}"]) + "\n"


def _replace(path, data):
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_bytes(data)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def make_runs(
    experiments: Sequence[Experiment],
    seeds: Sequence[int],
    *,
    folder: Path | None = None,
    workers: int = 2,
    started: Callable[[list[Job], dict[str, int]], None] | None = None,
    done: Callable[[Job, float | None, str | None], None] | None = None,
) -> int:
    """Make the runs of ``experiments`` that are missing or stale for ``seeds``, and no others.

    ``started(jobs, stale)`` is told what will be made, and of which experiments how many runs of another code that
    replaces; ``done(job, seconds, fault)`` each that ended, ``fault`` being None or a sentence.  Returns the number of faults.  Raises :class:`attention_course.records.RecordError` before anything runs
    where a record is broken or another process is making runs for it.
    """
    with locked([records.path_of(e.name, folder) for e in experiments]):
        return _make_runs(experiments, seeds, folder, workers, started, done)


def _make_runs(experiments, seeds, folder, workers, started, done):
    writers = {e.name: _Writer(e, records.path_of(e.name, folder), seeds) for e in experiments}
    jobs = deque(job for writer in writers.values() for job in writer.missing(seeds))
    if started:
        started(list(jobs), {name: writer.stale for name, writer in writers.items() if writer.stale})
    for writer in writers.values():
        if writer.trimmed:  # runs of settings that are no more
            writer.write()
    if not jobs:
        return 0
    faults, total = 0, len(jobs)
    context = multiprocessing.get_context("spawn")
    before = {name: os.environ.get(name) for name in _WORKER_ENVIRONMENT}
    os.environ.update(_WORKER_ENVIRONMENT)
    idle: list[connection.Connection] = []
    busy: dict[connection.Connection, Job] = {}
    processes: list[Any] = []
    try:
        for _ in range(min(workers, total)):
            idle.append(_hire(context, processes))
        while jobs or busy:
            while jobs and idle:
                pipe, job = idle.pop(), jobs.popleft()
                pipe.send(job)
                busy[pipe] = job
            for ready in connection.wait(list(busy)):
                pipe = cast(connection.Connection, ready)
                job = busy.pop(pipe)
                try:
                    answer = pipe.recv()
                except (EOFError, ConnectionError):
                    answer = "the process that ran it ended (out of memory?)"
                    if jobs:
                        idle.append(_hire(context, processes))
                else:
                    idle.append(pipe)
                fault = answer if isinstance(answer, str) else None
                if fault is None:
                    writers[job.experiment].add(job, *answer)
                faults += fault is not None
                if done:
                    done(job, None if fault else answer[2], fault)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
        for process in processes:
            process.kill()
            process.join()
    return faults


# TQDM_DISABLE: the progress is that of the runs, not of the steps within one.
_WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TQDM_DISABLE": "1",
}


def _hire(context, processes):
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    processes.append(process)
    return ours
