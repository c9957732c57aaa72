"""The table as a picture: ours with error bars beside the published figures.

Each metric has two panels: the figures, and how far each row is from the first row. Where ours are
far from the published ones, as at small scale, the second still shows whether a part of the network
does what the paper says of it.
"""

import math
import textwrap

from matplotlib.figure import Figure

from tfreid.evaluation.report import name_column
from tfreid.reproduction.published import FORWARD_MS

_OURS, _PUBLISHED = "ours", "published"
_STYLES = {_PUBLISHED: ("#30638e", "D", -0.16), _OURS: ("#c1440e", "o", 0.16)}  # last: offset
_PANEL_WIDTH, _ROW_HEIGHT, _FRAME_HEIGHT = 3.6, 0.34, 1.2  # inches
_LETTERS_PER_INCH = 12  # of a title
_MOST_METRICS = 2


def draw_plot(record, path):
    """Writes the PNG file of a record of `make_record`."""
    make_figure(record).savefig(path, format="png", dpi=110)


def make_figure(record):
    """Returns the matplotlib figure of a record: a line of panels for each data set."""
    columns = record["columns"]
    metrics = [_choose_metrics(column["rows"], record["metrics"]) for column in columns]
    width = 2 * max(map(len, metrics))
    lines = (record["title"], "; ".join(record["warnings"]))
    letters = int(_LETTERS_PER_INCH * width * _PANEL_WIDTH)
    titles = "\n".join(textwrap.fill(line, letters) for line in lines if line)
    height = len(columns) * (len(columns[0]["rows"]) * _ROW_HEIGHT + _FRAME_HEIGHT)
    height += 0.85 + 0.2 * titles.count("\n")
    figure = Figure(figsize=(width * _PANEL_WIDTH + 2, height), layout="constrained")
    figure.suptitle(titles, fontsize=10)
    axes = figure.subplots(len(columns), width, squeeze=False, sharey="row")
    for line, column, names in zip(axes, columns, metrics):
        _draw_column(line, column, names)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9)
    return figure


def _choose_metrics(rows, metrics):
    """Returns the first metrics that are published; without any, the first ones."""
    published = [
        metric for metric in metrics if any(metric in row["published"]["mean"] for row in rows)
    ]
    return (published or metrics)[:_MOST_METRICS]


def _draw_column(axes, column, metrics):
    rows = column["rows"]
    # The first row that was run, or the first one.
    base = next((number for number, row in enumerate(rows) if row["runs"]), 0)
    for axis in axes[2 * len(metrics) :]:
        axis.set_visible(False)
    for metric, axis, change_axis in zip(metrics, axes[::2], axes[1::2]):
        is_time = metric == FORWARD_MS
        for source in _STYLES:
            figures = [_find(row, source, metric) for row in rows]
            _draw_points(axis, figures, source)
            changes = [_compare(figure, figures[base], is_time) for figure in figures]
            _draw_points(change_axis, changes, source)
        name = "forward pass" if is_time else name_column(metric)
        _label(axis, column, f"{name}, {'ms' if is_time else 'percent'}")
        unit = "percent" if is_time else "points"
        _label(change_axis, column, f"{name} against {rows[base]['title']}, {unit}")
        change_axis.axvline(0, color="gray", linewidth=0.8)


def _find(row, source, metric):
    """Returns (mean, deviation) of a row, or None."""
    figures = row.get(source, {})
    if metric not in figures.get("mean", {}):
        return None
    return figures["mean"][metric], figures["deviation"].get(metric, 0.0)


def _compare(figure, base, is_ratio):
    """Returns (difference to the base, its deviation), in percent of the base for a ratio."""
    if figure is None or base is None or figure is base:
        return None
    scale = 100 / base[0] if is_ratio else 1.0
    return scale * (figure[0] - base[0]), scale * math.hypot(figure[1], base[1])


def _draw_points(axis, figures, source):
    """Draws (mean, deviation) of each row; None is left out."""
    color, marker, offset = _STYLES[source]
    known = [(*figure, place + offset) for place, figure in enumerate(figures) if figure]
    means, deviations, heights = zip(*known) if known else ((), (), ())
    style = {"fmt": marker, "color": color, "capsize": 3, "markersize": 5}
    axis.errorbar(means, heights, xerr=deviations, label=source, **style)


def _label(axis, column, text):
    rows = column["rows"]
    axis.set_yticks(range(len(rows)), [row["title"] for row in rows], fontsize=9)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_title(column["title"], fontsize=10)
    axis.set_xlabel(text, fontsize=9)
    axis.grid(axis="x", alpha=0.3)
