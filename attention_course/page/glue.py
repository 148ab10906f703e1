"""Numbers that a page's prose names: ``glue("x", 3)`` in a cell, ``{glue:text}`x` `` in the text.

On the site the numbers travel with the executed notebook, unseen.  In a notebook of one's own, where the prose cannot
take them up, they are printed.
"""

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

ON_SITE = "ATTENTION_COURSE_SITE"  # set by the site's build
MIME = "application/papermill.record/text/plain"  # what myst-nb looks for


def plain_scalar(value: Any) -> Any:
    """A NumPy scalar as Python's own number; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def glue(name: str, value: Any) -> None:
    """Give ``value``, a number or a string, a name for the page's prose."""
    # in quotes, as myst-nb expects a text, but without escapes: no reader of it has to undo them
    text = f"'{value}'" if isinstance(value, str) else repr(plain_scalar(value))
    if not os.environ.get(ON_SITE):
        print(f"{name}: {text}")
        return
    from IPython.display import publish_display_data

    scrap = {"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}}
    publish_display_data({MIME: text}, metadata=scrap)


def spread(values: ArrayLike, digits: int = 0) -> str:
    """``values`` of several runs as text: the median, lowest and highest in brackets where they differ."""
    runs = np.asarray(values)
    numbers = (np.median(runs), np.min(runs), np.max(runs))
    middle, low, high = (f"{number:.{digits}f}".replace("-", "−") for number in numbers)
    return middle if low == high else f"{middle} ({low}\u2060–\u2060{high})"


def glue_spread(name: str, values: ArrayLike, digits: int = 0) -> None:
    """Give the :func:`spread` of ``values`` a name for the page's prose."""
    glue(name, spread(values, digits))
