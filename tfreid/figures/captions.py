"""The words for images and numbers below pictures."""

from tfreid.data.records import DISTRACTOR_PID


def describe_image(pid, camid):
    """Returns the words for an image's identity and camera, such as "id 7 · cam 3"."""
    return f"{describe_pid(pid)} · cam {camid}"


def describe_pid(pid):
    """Returns the words for an identity, such as "id 7"."""
    return "distractor" if pid == DISTRACTOR_PID else f"id {pid}"


def describe_number(value):
    """Returns a number in four digits, as wide as its neighbors: "10.00" beside "9.876"."""
    if abs(value) < 0.0005:
        return "0.000"  # not "-0.000"
    for limit, decimals in ((9.9995, 3), (99.995, 2), (999.95, 1)):
        if abs(value) < limit:
            return f"{value:.{decimals}f}"
    return f"{value:.4g}"
