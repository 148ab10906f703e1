"""Hand numbers from a lesson's run to the interactive pages.

A lesson calls ``publish("query-explorer", {...})`` in a cell; the data travel as an output of that cell, so
that they are kept with the executed notebook, cached runs included.  The site build writes each to
``_data/<name>.json``, where the explorer of that name loads it.
"""

import json
from typing import Any

import numpy as np

MIME = "application/vnd.attention-course.data+json"


def _plain(value):
    """NumPy scalars and arrays as numbers and lists, for ``json``."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be published: use numbers, strings, lists, dicts, arrays")


def publish(name: str, data: Any) -> None:
    """Publish ``data`` (numbers, strings, lists, dicts, NumPy arrays) as ``_data/<name>.json`` on the site.

    Raises ``TypeError`` for anything else and ``ValueError`` for NaN or infinity, which JSON does not know.
    """
    from IPython.display import publish_display_data

    plain = json.loads(json.dumps(data, default=_plain, allow_nan=False))
    publish_display_data({MIME: {"name": name, "data": plain}, "text/plain": f"published {name}.json"})
