"""One process at a time writes a record."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from attention_course.records import RecordError


@contextmanager
def locked(paths: Iterable[Path]) -> Iterator[None]:
    """Hold the records at ``paths``, in folders that are made.  Raises ``RecordError`` where another process holds one.

    The lock goes with the process, however that ends.
    """
    with ExitStack() as held:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                held.enter_context(FileLock(path.with_name(f".{path.stem}.lock"), timeout=0))
            except Timeout:
                raise RecordError(
                    f"Another process is making runs of {path.parent.name}.{path.stem} now."
                ) from None
            for left in path.parent.glob(
                f".{path.stem}.*.[0-9]*"
            ):  # of a process that was killed while it wrote
                left.unlink(missing_ok=True)
        yield
