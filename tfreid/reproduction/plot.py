"""The table as a picture: ours with error bars beside the published figures."""

import textwrap

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tfreid.evaluation.report import name_column
from tfreid.reproduction.records import FORWARD_MS

_OURS, _PUBLISHED = "#c1440e", "#30638e"
_PANEL_WIDTH, _ROW_HEIGHT, _FRAME_HEIGHT = 5.0, 0.34, 1.2  # inches
_OFFSET = 0.16  # of a row's height, by which the two stand apart
_LETTERS_PER_INCH = 12  # of a title
_MOST_PANELS = 2  # metrics side by side


def draw_plot(record, path):
    """Writes the PNG file of a record of `make_record`."""
    make_figure(record).savefig(path, format="png", dpi=110)


def make_figure(record):
    """Returns the matplotlib figure of a record: a line for each data set, a panel per metric."""
    columns = record["columns"]
    metrics = [_choose_metrics(column["rows"], record["metrics"]) for column in columns]
    rows = len(columns[0]["rows"])
    width = max(map(len, metrics))
    height = len(columns) * (rows * _ROW_HEIGHT + _FRAME_HEIGHT)
    titles = _write_titles(record, int(_LETTERS_PER_INCH * width * _PANEL_WIDTH))
    head = 0.25 + 0.2 * titles.count("\n")
    figure = Figure(
        figsize=((width + 0.4) * _PANEL_WIDTH, height + head + 0.6), layout="constrained"
    )
    FigureCanvasAgg(figure)
    figure.suptitle(titles, fontsize=10)
    axes = figure.subplots(len(columns), width, squeeze=False, sharey="row")
    for line, column, names in zip(axes, columns, metrics):
        for axis in line[len(names) :]:
            axis.set_visible(False)
        for axis, metric in zip(line, names):
            _draw_panel(axis, column, metric)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9)
    return figure


def _write_titles(record, letters):
    lines = [record["title"], "; ".join(record["warnings"])]
    return "\n".join(textwrap.fill(line, letters) for line in lines if line)


def _choose_metrics(rows, metrics):
    """Returns the first metrics that are published; without any, the first ones."""
    published = [
        metric for metric in metrics if any(metric in row["published"]["mean"] for row in rows)
    ]
    return (published or metrics)[:_MOST_PANELS]


def _draw_panel(axis, column, metric):
    rows = column["rows"]
    published = [(row["published"], place - _OFFSET) for place, row in enumerate(rows)]
    ours = [(row.get("ours", {}), place + _OFFSET) for place, row in enumerate(rows)]
    _draw_points(axis, published, metric, "published", _PUBLISHED, "D")
    _draw_points(axis, ours, metric, "ours", _OURS, "o")
    axis.set_yticks(range(len(rows)), [row["title"] for row in rows], fontsize=9)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_title(column["title"], fontsize=10)
    axis.set_xlabel("milliseconds" if metric == FORWARD_MS else f"{name_column(metric)}, percent")
    axis.grid(axis="x", alpha=0.3)


def _draw_points(axis, figures, metric, label, color, marker):
    """Draws [(figures, height)]; those without the metric are left out."""
    known = [
        (figure["mean"][metric], figure["deviation"].get(metric, 0), height)
        for figure, height in figures
        if metric in figure.get("mean", {})
    ]
    means, deviations, heights = zip(*known) if known else ((), (), ())
    axis.errorbar(
        means,
        heights,
        xerr=deviations,
        fmt=marker,
        color=color,
        capsize=3,
        markersize=5,
        label=label,
    )
