"""What the recorded experiments returned: read here by lessons, explorers, exercises and the checks.

``load("translation.networks")`` reads ``records/translation/networks.json``::

    {"experiment": "translation.networks", "key": "…",        the code that the runs depend on
     "seeds": [0, …, 7],
     "machines": [{"processor": …, "instructions": …, "python": …, "torch": …, "numpy": …, "threads": 1}],
     "runs": [{"settings": {…}, "seed": 0, "seconds": 12.3, "machine": 0, "numbers": {…}, "parameters": "…" or null}]}

Parameters stand beside it in ``networks.safetensors``, in half precision; ``"parameters"`` is their digest.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

FOLDER = Path(__file__).resolve().parent
COMMAND = "python -m attention_course.experiments"
FIELDS = {"experiment": str, "key": str, "seeds": list, "machines": list, "runs": list}
RUN_FIELDS: dict[str, Any] = {
    "settings": dict,
    "seed": int,
    "seconds": (int, float),
    "machine": int,
    "numbers": dict,
}


class RecordError(Exception):
    """A record that is missing or cannot be read, in a sentence that says what to do."""


def path_of(name: str, folder: Path | None = None) -> Path:
    """Where the record ``lesson.experiment`` stands, below ``folder`` or among the course's records."""
    lesson, _dot, experiment = name.partition(".")
    return (FOLDER if folder is None else Path(folder)) / lesson / f"{experiment}.json"


def run_again(path: Path) -> str:
    """The command that makes the record at ``path``, there where it is."""
    folder = path.parent.parent
    return f"{COMMAND} run {path.parent.name}.{path.stem}" + ("" if folder == FOLDER else f" --out {folder}")


def parameters_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """A digest of named arrays, whatever the file that holds them looks like."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def prefix_of(settings: Mapping[str, Any], seed: int) -> str:
    """What the names of a run's parameters begin with in the file of parameters."""
    said = ",".join(f"{key}={json.dumps(value)}" for key, value in sorted(settings.items()))
    return f"{said}|{seed}|"


@dataclass(frozen=True)
class Record:
    """The runs of one experiment."""

    name: str
    path: Path
    content: dict

    @property
    def key(self) -> str:
        return self.content["key"]

    @property
    def seeds(self) -> list[int]:
        """The seeds that each setting is run with, in order."""
        return sorted(self.content["seeds"])

    @property
    def runs(self) -> list[dict[str, Any]]:
        return self.content["runs"]

    @property
    def settings(self) -> list[dict[str, Any]]:
        """The different settings, in the order of the runs."""
        found = []
        for run in self.runs:
            if run["settings"] not in found:
                found.append(run["settings"])
        return found

    def of(self, **settings: Any) -> list[dict[str, Any]]:
        """The runs under the one setting that ``settings`` picks out, by seed.

        Raises ``LookupError`` where they fit none or several.
        """
        fits = [row for row in self.settings if settings.items() <= row.items()]
        if len(fits) != 1:
            raise LookupError(f"{settings} fits {len(fits)} settings of {self.name}: {fits or self.settings}")
        return sorted((run for run in self.runs if run["settings"] == fits[0]), key=lambda run: run["seed"])

    def values(self, number: str, **settings: Any) -> np.ndarray:
        """The number called so of each seed under one setting, as an array ``(seeds, …)``."""
        return np.array([run["numbers"][number] for run in self.of(**settings)])

    def numbers(self, seed: int, **settings: Any) -> dict[str, Any]:
        """All that the run of ``seed`` under one setting returned, as a dict."""
        for run in self.of(**settings):
            if run["seed"] == seed:
                return run["numbers"]
        raise LookupError(f"{self.name} has no run of seed {seed} under {settings}")

    @property
    def minutes(self) -> float:
        """Minutes of one core that all runs took together."""
        return sum(run["seconds"] for run in self.runs) / 60

    def state(self, seed: int = 0, **settings: Any) -> dict[str, "torch.Tensor"]:
        """The kept parameters of one run as float32 tensors, ``{name: tensor}``, for ``load_state_dict``.

        Raises :class:`RecordError` where none were kept or they are not those of the run.
        """
        import torch

        arrays = self.parameters(seed, **settings)
        return {
            name: torch.from_numpy(a.astype(np.float32) if a.dtype == np.float16 else a)
            for name, a in arrays.items()
        }

    def parameters(self, seed: int = 0, **settings: Any) -> dict[str, np.ndarray]:
        """The kept parameters of one run as they are stored, ``{name: array}``."""
        from safetensors.numpy import load_file

        run = next((run for run in self.of(**settings) if run["seed"] == seed), None)
        if run is None or not run.get("parameters"):
            raise RecordError(f"{self.name} keeps no parameters of seed {seed} under {settings}.")
        start = prefix_of(run["settings"], seed)
        file = self.path.with_suffix(".safetensors")
        try:
            arrays = {n.removeprefix(start): a for n, a in load_file(file).items() if n.startswith(start)}
        except Exception as error:  # the library has kinds of its own for a broken file
            raise RecordError(
                f"{file} cannot be read ({error}); {run_again(self.path)} makes it again."
            ) from None
        if parameters_digest(arrays) != run["parameters"]:
            raise RecordError(
                f"{file} does not hold the parameters of seed {seed}; {run_again(self.path)} makes them again."
            )
        return arrays


def _broken(path, why):
    return RecordError(f"{path} is not a record ({why}): delete it or get it back from git, then run again.")


def read(path: Path) -> Record:
    """The record in the file ``path``.  Raises :class:`RecordError` where there is none or it is broken."""
    path = Path(path)
    name = f"{path.parent.name}.{path.stem}"
    try:
        content = json.loads(path.read_text(encoding="utf8"))
    except FileNotFoundError:
        raise RecordError(f"There is no record {path}; {run_again(path)} makes it.") from None
    except NotADirectoryError:
        raise RecordError(f"{path.parent.parent} is not a folder that holds records.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(path, f"{type(error).__name__}: {error}") from None
    _look_through(path, name, content)
    return Record(name, path, content)


def _look_through(path, name, content):
    """Refuse what has not the form of a record."""
    if not isinstance(content, dict):
        raise _broken(path, "no object")
    for field, kind in FIELDS.items():
        if not isinstance(content.get(field), kind):
            raise _broken(path, f"{field} is missing or of another kind")
    if content["experiment"] != name:
        raise _broken(path, f"it says that it is of {content['experiment']}")
    if not all(type(seed) is int for seed in content["seeds"]) or len(set(content["seeds"])) < len(
        content["seeds"]
    ):
        raise _broken(path, "a seed is no whole number, or there twice")
    for number, run in enumerate(content["runs"]):
        if not isinstance(run, dict) or any(not isinstance(run.get(f), k) for f, k in RUN_FIELDS.items()):
            raise _broken(path, f"run {number} lacks a field or has one of another kind")
        if not 0 <= run["machine"] < len(content["machines"]):
            raise _broken(path, f"run {number} was made on a machine that is not listed")
        if not math.isfinite(run["seconds"]):
            raise _broken(path, f"run {number} took {run['seconds']} seconds")
    made = [(run["seed"], json.dumps(run["settings"], sort_keys=True)) for run in content["runs"]]
    if len(set(made)) != len(made):
        raise _broken(path, "two runs of one seed under one setting")


def load(name: str) -> Record:
    """The course's record ``lesson.experiment``.  Raises :class:`RecordError` where there is none or it is broken."""
    return read(path_of(name))
