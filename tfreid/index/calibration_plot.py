"""A calibration as a picture: what each threshold accepts."""

from matplotlib.figure import Figure

from tfreid.files import write_aside
from tfreid.index.calibration import RATES
from tfreid.index.results import DISTANCE

_BLUE, _RED, _GRAY = "#1f6fb2", "#c23b22", "#777777"


def draw_calibration(calibration, path):
    """Writes a PNG: accept rates by threshold, and true by false accept rates.

    Raises:
      InputError: if it cannot be written.
    """
    # Not pyplot, which keeps every figure and may look for a screen.
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    thresholds, same, other = zip(*calibration.curve)
    same = [100 * count / calibration.same_pairs for count in same]
    other = [100 * count / calibration.other_pairs for count in other]
    _draw_by_threshold(left, calibration, thresholds, same, other)
    _draw_against_each_other(right, calibration, same, other)
    figure.suptitle(
        f"{calibration.same_pairs:,} pairs of one person, {calibration.other_pairs:,} of two, "
        "from different cameras"
    )
    write_aside(path, lambda aside: figure.savefig(aside, format="png", dpi=110))


def _draw_by_threshold(axes, calibration, thresholds, same, other):
    axes.plot(thresholds, same, color=_BLUE, label="true accepts: one person")
    axes.plot(thresholds, other, color=_RED, linestyle="dashed", label="false accepts: two people")
    for rate in RATES:
        point = calibration.find_point(rate)
        if point["threshold"] is not None and point["is_enough"]:
            axes.axvline(point["threshold"], color=_GRAY, linewidth=0.8)
            place = (point["threshold"], 50)
            axes.annotate(f"{rate:g} %", place, rotation=90, color=_GRAY, ha="right", fontsize=8)
    side = "at most" if calibration.measure == DISTANCE else "at least"
    axes.set(xlabel=f"threshold: {calibration.measure} {side}", ylabel="accepted pairs, %")
    axes.legend(loc="best", fontsize=9)
    axes.grid(alpha=0.3)


def _draw_against_each_other(axes, calibration, same, other):
    # The axis is logarithmic: a rate of 0 has no place on it.
    points = [(x, y) for x, y in zip(other, same) if x > 0]
    if points:
        axes.plot(*zip(*points), color=_BLUE)
    axes.set_xscale("log")
    for rate in RATES:
        point = calibration.find_point(rate)
        if point["threshold"] is not None and point["is_enough"]:
            y = point["true_accepts_percent"]
            axes.plot([rate], [y], "o", color=_BLUE)
            place = {"xytext": (6, -12), "textcoords": "offset points", "fontsize": 9}
            axes.annotate(f"{y:.1f} % at {rate:g} %", (rate, y), **place)
    axes.set(xlabel="false accepts, %", ylabel="true accepts, %", ylim=(0, 102))
    axes.grid(alpha=0.3, which="both")
