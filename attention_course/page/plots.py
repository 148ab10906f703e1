"""One look for every figure of the course.

Colours carry meaning, the same one on every page and in every explorer: queries are orange, keys blue,
values green, what attention returns purple.  The palette is Okabe and Ito's, made to be told apart by
colour-blind readers (https://jfly.uni-koeln.de/color/); no figure relies on colour alone.
Figures are drawn as SVG on an opaque light ground, so that they read the same in light and in dark mode.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

QUERY = "#D55E00"
KEY = "#0072B2"
VALUE = "#007A5A"  # Okabe–Ito's bluish green, darkened until text in it has a contrast of 4.5 on white
OUTPUT = "#A0407C"  # the same for their reddish purple
NEUTRAL = "#5F6670"
CYCLE = [KEY, QUERY, VALUE, OUTPUT, "#8A6D00", "#2B2F36"]
LINESTYLES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), "-"]
MARKERS = ["o", "s", "^", "D", "v", "P"]

WEIGHTS = "Blues"  # weights run from 0 (paper) to 1 (ink)
SIGNED = "RdBu_r"  # for quantities with a sign, always centred on 0

_STYLE: Any = {
    "figure.figsize": (6.4, 3.4),
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": NEUTRAL,
    "axes.labelcolor": "#2B2F36",
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": "#2B2F36",
    "ytick.labelcolor": "#2B2F36",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "font.size": 10,
    "font.sans-serif": ["DejaVu Sans"],
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "grid.color": "#E3E6EA",
    "svg.fonttype": "path",
    "svg.hashsalt": "attention-course",
}


def use_course_style() -> None:
    """Set the course's look for all figures that follow; in a notebook, draw them as SVG."""
    mpl.rcParams.update(_STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")
    except ImportError:  # outside a notebook the file's ending decides
        pass


def weight_map(
    ax: Axes,
    weights: np.ndarray,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    numbers: str | None = None,
    vmax: float = 1.0,
) -> Any:
    """Draw attention weights ``(n, m)`` on ``ax``: a row per query, a column per key.

    ``numbers`` prints each weight into its cell; by default it does where there are at most 64 cells.
    Returns the image, for a colour bar.
    """
    weights = np.asarray(weights)
    n, m = weights.shape
    image = ax.imshow(weights, cmap=WEIGHTS, vmin=0, vmax=vmax, aspect="auto" if max(n, m) > 12 else "equal")
    if rows is not None:
        ax.set_yticks(range(n), rows)
    if columns is not None:
        ax.set_xticks(range(m), columns)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    if numbers if numbers is not None else n * m <= 64:
        for i in range(n):
            for j in range(m):
                ink = "white" if weights[i, j] > 0.55 * vmax else "#2B2F36"
                ax.text(j, i, f"{weights[i, j]:.2f}", ha="center", va="center", fontsize=8, color=ink)
    return image


def band(
    ax: Axes,
    x: ArrayLike,
    samples: ArrayLike,
    *,
    label: str,
    color: str | None = None,
    linestyle: str = "-",
    marker: str = "o",
) -> Line2D:
    """Plot the median of ``samples (runs, len(x))`` over ``x`` with a band from the lowest to the highest run."""
    samples = np.asarray(samples)
    (line,) = ax.plot(
        x, np.median(samples, axis=0), label=label, color=color, linestyle=linestyle, marker=marker
    )
    ax.fill_between(x, samples.min(0), samples.max(0), color=line.get_color(), alpha=0.18, linewidth=0)
    return line


def new(
    columns: int = 1, rows: int = 1, *, width: float = 6.4, height: float = 3.4, **kwargs: Any
) -> tuple[Figure, Any]:
    """``plt.subplots`` in the course's proportions."""
    return plt.subplots(rows, columns, figsize=(width, height), **kwargs)


def picture(ax: Axes, image: np.ndarray, title: str = "", **kwargs: Any) -> Any:
    """Show ``image (H, W)`` or ``(H, W, 3)`` on ``ax`` without ticks or frame; returns what ``imshow`` does."""
    ax.set(xticks=[], yticks=[], title=title)
    ax.spines[:].set_visible(False)
    return ax.imshow(image, **kwargs)


def show_photographs(fig: Figure, quality: int = 85) -> None:
    """Display ``fig`` as JPEG, which holds a photograph in a tenth of SVG's bytes, and close it."""
    from io import BytesIO

    from IPython.display import Image, display

    file = BytesIO()
    fig.savefig(file, format="jpeg", dpi=140, bbox_inches="tight", pil_kwargs={"quality": quality})
    plt.close(fig)
    display(Image(file.getvalue(), format="jpeg"))
