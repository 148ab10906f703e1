"""Whether a record is complete and fresh, and whether the claims about it hold."""

import json
from dataclasses import dataclass
from pathlib import Path

from attention_course import records
from attention_course.experiments.engine.claims import Verdict, judge
from attention_course.experiments.engine.definition import Experiment
from attention_course.experiments.engine.keys import code_key

SEEDS = 8  # a record of the course has at least so many
FEWEST = 4  # of a repetition aside
LARGEST = {".json": 200_000, ".safetensors": 300_000}  # bytes


@dataclass(frozen=True)
class ClaimResult:
    """One claim: its name, the sentence, the verdict or, where it could not be judged, why."""

    name: str
    sentence: str
    verdict: Verdict | None
    fault: str | None = None

    @property
    def holds(self) -> bool:
        return self.fault is None and bool(self.verdict)


@dataclass(frozen=True)
class Report:
    """What there is to say of one record: faults in sentences, and the results of the claims."""

    name: str
    record: records.Record | None
    faults: list
    claims: list

    @property
    def good(self) -> bool:
        return not self.faults and all(claim.holds for claim in self.claims)


def check(experiment: Experiment, folder: Path | None = None) -> Report:
    """Look at the record of ``experiment`` in ``folder``, by default among the course's; a :class:`Report`."""
    try:
        record = records.read(records.path_of(experiment.name, folder))
    except records.RecordError as error:
        return Report(experiment.name, None, [str(error)], [])
    again = records.run_again(record.path)
    if record.key != code_key(experiment):
        return Report(experiment.name, record, [f"The record is of another code. Run: {again}"], [])
    faults = _incomplete(experiment, record, again, least=FEWEST if folder else SEEDS)
    if folder is None:
        for suffix, most in LARGEST.items():
            file = record.path.with_suffix(suffix)
            if file.exists() and file.stat().st_size > most:
                faults.append(f"{file.name} has {file.stat().st_size:,} bytes, more than {most:,}.")
    faults += _lost_parameters(record, again)
    recorded = _recorded(experiment) if folder else None
    claims = (
        [] if faults else [_judge(name, claim, record, recorded) for name, claim in experiment.claims.items()]
    )
    return Report(experiment.name, record, faults, claims)


def _recorded(experiment):
    """The course's own record, with whose spread a few new runs are judged; None where it does not fit them."""
    try:
        record = records.load(experiment.name)
    except records.RecordError:
        return None
    return record if record.key == code_key(experiment) else None


def _incomplete(experiment, record, again, least):
    faults = []
    seeds, made = record.seeds, {(json.dumps(r["settings"], sort_keys=True), r["seed"]) for r in record.runs}
    wanted = {(json.dumps(row, sort_keys=True), seed) for row in experiment.settings for seed in seeds}
    if len(seeds) < least:
        faults.append(
            f"It has {len(seeds)} seeds; at least {least} are needed to judge its claims. Run: {again}"
        )
    if wanted - made:
        faults.append(f"{len(wanted - made)} of {len(wanted)} runs are missing. Run: {again}{_seeds(seeds)}")
    if made - wanted:
        faults.append(
            f"{len(made - wanted)} runs have settings that the experiment does not have. Run: {again}"
        )
    return faults


def _seeds(seeds):
    if not seeds or seeds == list(range(SEEDS)):
        return ""
    whole = seeds == list(range(seeds[0], seeds[-1] + 1))
    return " --seeds " + (f"{seeds[0]}-{seeds[-1]}" if whole else ",".join(map(str, seeds)))


def _lost_parameters(record, again):
    for run in record.runs:
        if run.get("parameters"):
            try:
                record.parameters(run["seed"], **run["settings"])
            except records.RecordError as error:
                return [str(error)]
    return []


def _judge(name, claim, record, recorded=None):
    sentence = " ".join(claim.__doc__.split())
    try:
        verdict = judge(claim, record, recorded)
        if not isinstance(verdict, Verdict):
            raise TypeError("a claim returns what above, below, within or all_of gave")
        if len(verdict.effects) != len(record.seeds):
            raise ValueError(
                f"a claim has one effect for each of {len(record.seeds)} seeds, not {len(verdict.effects)}"
            )
        return ClaimResult(name, sentence, verdict)
    except Exception as error:  # a claim about a number that the runs do not return
        return ClaimResult(name, sentence, None, f"{type(error).__name__}: {error}")
