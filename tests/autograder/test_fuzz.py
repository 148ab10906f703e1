"""Files and answers of any shape: a reason, never a crash."""

import base64
import builtins
import contextlib
import copy
import io
import json
import os
import struct

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from autograder.answers import assignment, submission
from autograder.answers.diagnose import Diagnosis
from autograder.answers.results import Graded
from autograder.authoring import demo
from autograder.classroom import feedback, grade
from autograder.rooms import engine, opening, wire
from autograder.rooms.line import Stopped
from autograder.rooms.stand_in import StudentError

MANY = settings(
    max_examples=int(os.environ.get("FUZZ", "60")),
    deadline=None,
    derandomize="FUZZ" not in os.environ,  # the same examples each time, unless more are asked for
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate]
    + [Phase.shrink] * ("FUZZ" in os.environ),  # to shrink takes minutes
)

texts = st.text(st.characters(), max_size=20) | st.sampled_from(
    [
        "",
        "\ud800",
        "\x00",
        "\x1b[2J",
        "test-hop_penalty-by-hand",
        "hop_penalty",
        "<script>",
        "a" * 5000,
        "../../etc",
    ]
)
numbers = st.integers() | st.sampled_from([10**400, -(10**400), 2**63]) | st.floats()
leaves = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def made():
    return assignment.load(demo.ASSIGNMENT)


@pytest.fixture(scope="module")
def diagnosis(made):
    return Diagnosis(made)


@pytest.fixture(scope="module")
def honest(made):
    return json.loads(nbformat.writes(demo.answered(made, demo.solved(made))))


def places(raw, path=()):
    """Every place in a JSON value."""
    yield path
    inside = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, part in inside:
        yield from places(part, (*path, key))


def mutate(data, raw):
    """Some places get another value, vanish, come twice; some cells change their order."""
    for _ in range(data.draw(st.integers(1, 6))):
        everywhere = list(places(raw))
        path = data.draw(st.sampled_from(everywhere))
        if not path:
            continue
        parent = raw
        for key in path[:-1]:
            parent = parent[key]
        deed = data.draw(st.sampled_from(["replace", "remove", "twice", "shuffle", "rename"]))
        if deed == "replace":
            parent[path[-1]] = data.draw(anything)
        elif deed == "remove":
            del parent[path[-1]]
        elif deed == "twice" and isinstance(parent, list):
            parent.insert(path[-1], copy.deepcopy(parent[path[-1]]))
        elif deed == "shuffle" and isinstance(parent, list):
            parent[:] = data.draw(st.permutations(parent))
        elif deed == "rename" and isinstance(parent, dict):
            parent[data.draw(texts)] = parent.pop(path[-1])
    return raw


def taken_in(path, made):
    """Read and rebuild a file: the submission, or None with a reason given."""
    try:
        rebuilt = submission.rebuild(submission.read(path), made, path.name)
    except submission.Ungradable as reason:
        assert str(reason).strip().endswith((".", "?"))
        return None
    ids = [cell["id"] for cell in rebuilt.notebook.cells]
    assert len(set(ids)) == len(ids)
    graded = {name: cell.source for name, cell in made.cells.items() if cell.metadata.nbgrader.grade}
    found = {c.metadata.nbgrader.grade_id: c for c in rebuilt.notebook.cells if "nbgrader" in c.metadata}
    assert {name: found[name].source for name in graded} == graded
    assert all(
        found[name].metadata.nbgrader.points == made.cells[name].metadata.nbgrader.points for name in graded
    )
    text = nbformat.writes(rebuilt.notebook).encode()  # can be written to a file
    nbformat.validate(nbformat.reads(text.decode(), as_version=4))
    return rebuilt


@MANY
@given(data=st.data())
def test_a_mutated_notebook_is_graded_or_refused_in_words(data, honest, made, tmp_path_factory):
    raw = mutate(data, copy.deepcopy(honest))
    path = tmp_path_factory.getbasetemp() / "mutated.ipynb"
    path.write_text(json.dumps(raw))
    taken_in(path, made)
    with contextlib.suppress(submission.Ungradable):
        submission.which_assignment(submission.read(path), path.name)


@MANY
@given(raw=anything)
def test_json_of_any_shape_is_refused_in_words(raw, made, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    for content in (raw, {"cells": raw}, {"cells": [raw]}, {"cells": [{"cell_type": "code", "source": raw}]}):
        path.write_text(json.dumps(content))
        assert taken_in(path, made) is None


@MANY
@given(content=st.binary(max_size=300))
def test_bytes_of_any_kind_are_refused_in_words(content, made, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "bytes.ipynb"
    path.write_bytes(content)
    assert taken_in(path, made) is None


@MANY
@given(data=st.data())
def test_a_cut_or_flipped_file_is_no_crash(data, honest, made, tmp_path_factory):
    content = bytearray(json.dumps(honest).encode())
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "cut.ipynb"
    path.write_bytes(
        content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    )
    taken_in(path, made)


# --- what a student's room may send


def npy(data):
    """Something like an encoded array, or not."""
    buffer = io.BytesIO()
    shape, dtype = data.draw(
        st.sampled_from(
            [((2,), "f8"), ((0,), "i4"), ((), "U5"), ((2,), "M8[s]"), ((1,), [("a", "f4")]), ((3,), "c16")]
        )
    )
    np.save(buffer, np.zeros(shape, dtype))
    raw = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    return {"npy": base64.b64encode(bytes(raw)).decode(), "torch": data.draw(leaves)}


@MANY
@given(data=st.data(), other=anything)
def test_observations_of_any_shape_are_no_crash(data, other, diagnosis):
    for exercise in diagnosis.probes:
        right = diagnosis.probes[exercise]
        for seen in (
            other,
            [other] * len(right),
            [npy(data)] * len(right),
            [{"result": npy(data), "changed": other}] * len(right),
            mutate(data, copy.deepcopy(right)),
        ):
            assert isinstance(diagnosis.hints(exercise, seen), list)


def test_an_observation_that_claims_a_terabyte_is_no_crash(diagnosis):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (137438953472,), }"
    raw = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    huge = {"npy": base64.b64encode(raw).decode(), "torch": False}
    assert diagnosis.hints("kernel_pooling", [huge]) == []


class Answers:
    """A student room that answers what it likes."""

    epitaph = None

    def __init__(self, draw):
        self.draw = draw

    def ask(self, request, seconds, *, interrupt=False, most=None):
        answer = self.draw(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def end(self):
        pass


arrays = st.sampled_from(
    [
        np.zeros(()),
        np.zeros((2, 3)),
        np.full(2, np.nan),
        np.zeros(0),
        np.array([True]),
        np.float32(1),
        np.int8([1]),
        torch.zeros(2),
        torch.zeros(()),
        torch.full((2, 3), torch.inf),
        torch.zeros(2, dtype=torch.int64),
    ]
)
handles = st.builds(wire.Handle, st.integers(), st.sampled_from(["module", "callable", "object", ""]), texts)
sendable = st.recursive(
    leaves | arrays | handles,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            texts | st.sampled_from(["kind", "text", "where", "builtin", "data"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
raised = st.fixed_dictionaries(
    {},
    optional={
        "kind": sendable,
        "text": sendable,
        "where": sendable,
        "builtin": sendable | st.sampled_from(dir(builtins)),
    },
)
answers = (
    st.fixed_dictionaries(
        {},
        optional={
            "result": sendable,
            "changed": sendable | st.lists(st.tuples(st.integers(-1, 4), sendable).map(list), max_size=3),
            "stdout": sendable,
            "stderr": sendable,
            "shown": sendable | st.lists(st.fixed_dictionaries({"data": sendable}), max_size=2),
            "raised": raised | sendable,
        },
    )
    | st.fixed_dictionaries({"error": raised | sendable})
    | st.fixed_dictionaries({"refused": sendable})
    | sendable
    | st.sampled_from([Stopped(why) for why in ("timeout", "died", "crashed", "killed", "garbled")])
    | st.just(StudentError("no"))
)  # fmt: skip


@settings(MANY, max_examples=MANY.max_examples // 3)
@given(data=st.data())
def test_answers_of_any_shape_are_no_crash(data, made, diagnosis):
    """The whole way from the answers to the page."""
    pool = [data.draw(answers) for _ in range(12)]
    turn = iter(range(10**9))

    def draw(request):
        return pool[next(turn) * 7 % len(pool)]

    rebuilt = submission.rebuild(demo.answered(made, demo.solved(made)), made)
    fork, opening.fork = opening.fork, lambda confined: Answers(draw)
    try:
        graded, notebook = grade.grade_notebook(
            made, rebuilt, diagnosis, how=engine.How(seconds=1, confined=False)
        )
    finally:
        opening.fork = fork
    assert 0 <= graded.score <= graded.max_score
    feedback.page(graded).encode()
    json.dumps(graded.as_json()).encode()
    assert Graded.from_dict(graded.as_dict()) == graded
    nbformat.writes(notebook).encode()


@MANY
@given(content=st.binary(max_size=200), header=anything)
def test_messages_of_any_kind_are_data_or_refused(content, header):
    raw = json.dumps(header).encode()
    for message in (content, struct.pack("<I", len(raw)) + raw + content):
        with contextlib.suppress(wire.NotData):
            wire.decode(message)


@MANY
@given(data=st.data())
def test_forged_headers_are_data_or_refused(data):
    inner = st.recursive(
        leaves,
        lambda part: (
            st.lists(part, max_size=3)
            | st.fixed_dictionaries(
                {"$": st.sampled_from(["array", "tuple", "dict", "float", "handle", "x"]) | part},
                optional={
                    "d": st.sampled_from(sorted(wire.DTYPES)) | part,
                    "s": st.lists(st.integers(0, 3) | st.sampled_from([2**39, -1]), max_size=40) | part,
                    "v": part,
                    "n": part,
                    "k": part,
                    "t": part,
                    "torch": st.booleans(),
                    "scalar": st.booleans(),
                },
            )
        ),
        max_leaves=10,
    )
    raw = json.dumps(data.draw(inner)).encode()
    with contextlib.suppress(wire.NotData):
        wire.decode(struct.pack("<I", len(raw)) + raw + bytes(64))
