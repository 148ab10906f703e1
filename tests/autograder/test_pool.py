"""Worker processes: every task is done, whoever dies."""

import os
import signal
import time

import pytest

from autograder.classroom.pool import Died, Pool, side_by_side


def test_every_task_is_done_once_and_elsewhere():
    with Pool(lambda n: (n * n, os.getpid()), 3) as pool:
        found = dict(pool.results(range(20)))
    assert {n: square for n, (square, _) in found.items()} == {n: n * n for n in range(20)}
    workers = {pid for _, pid in found.values()}
    assert os.getpid() not in workers and len(workers) == 3


def test_a_worker_that_dies_costs_no_task(tmp_path):
    def work(n):
        if n == 3 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    with Pool(work, 2) as pool:
        assert dict(pool.results(range(6))) == {n: n for n in range(6)}


def test_a_task_that_kills_every_worker_is_given_up_alone():
    with Pool(lambda n: os._exit(1) if n == 2 else n, 2) as pool:
        found = dict(pool.results(range(5)))
    assert isinstance(found.pop(2), Died)
    assert found == {n: n for n in (0, 1, 3, 4)}


def test_what_the_work_raises_is_raised_here():
    with pytest.raises(ZeroDivisionError), Pool(lambda n: 1 / n, 2) as pool:
        dict(pool.results([1, 0]))


def test_what_cannot_be_sent_back_is_told():
    with pytest.raises(RuntimeError, match="pickle"), Pool(lambda _: lambda: 0, 1) as pool:
        dict(pool.results([1]))


def test_workers_end_with_the_one_that_hired_them():
    """Killed at once, it leaves nobody behind."""
    here, there = os.pipe()
    hirer = os.fork()
    if hirer == 0:

        def work(_):
            os.write(there, b"%d\n" % os.getpid())
            time.sleep(60)

        with Pool(work, 2) as pool:
            dict(pool.results([1, 2]))
        os._exit(0)
    seen = b""
    while seen.count(b"\n") < 2:
        seen += os.read(here, 100)
    os.kill(hirer, signal.SIGKILL)
    os.waitpid(hirer, 0)
    until = time.monotonic() + 5
    alive = {int(pid) for pid in seen.split()}
    while alive and time.monotonic() < until:
        time.sleep(0.02)
        alive = {pid for pid in alive if _runs(pid)}
    assert alive == set()


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_each_function_has_a_process_of_its_own():
    found = side_by_side(os.getpid, os.getpid)
    assert len({os.getpid(), *found}) == 3
    assert side_by_side(lambda: 1, lambda: 2, lambda: 3) == [1, 2, 3]
    with pytest.raises(Died):
        side_by_side(lambda: 1, lambda: os._exit(3))
