"""What the door of the search does: one function for each action, from options to words."""

import json
import os

from tfreid.data.findings import tell_number
from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.index.calibration import format_calibration
from tfreid.index.calibration_plot import draw_calibration
from tfreid.index.contact_sheet import write_contact_sheet
from tfreid.index.index import Index, remove_images
from tfreid.index.points import write_points
from tfreid.index.results import escape, format_result
from tfreid.index.snapshot import read_snapshot
from tfreid.index.sources import label_paths, list_source
from tfreid.index.writer import explain_no_index
from tfreid.options.paths import make_absolute
from tfreid.serving.loaded import load


def add(options, _):
    """Adds images; returns what became of them in words."""
    source = list_source(options.add, "add")
    index = _open_index(options)
    result = index.add(source)
    lines = [f"{tell_number(result.added, 'image')} added; {len(index):,} in {options.index}."]
    if result.replaced:
        lines.append(f"{result.replaced:,} of them had changed and took their old place.")
    if result.unchanged:
        lines.append(f"{result.unchanged:,} were there already.")
    if result.relabeled:
        lines.append(
            f"{result.relabeled:,} of these have another pid or camid now, which the index does "
            "not take over: --remove them first."
        )
    if result.skipped:
        lines.append(f"{len(result.skipped):,} skipped, because they cannot be read:")
        lines += [f"  {escape(path)}: {reason}" for path, reason in result.skipped]
    if source.aside:
        lines.append(f"Left aside: {source.aside}.")
    return "\n".join(lines)


def query(options, retrieval):
    """Looks for images and writes the answer where it was asked for; returns it in words."""
    _check_out(options.out)
    queries = list_queries(options.query)
    if read_snapshot(options.index) is None:
        raise explain_no_index(options.index)
    index = _open_index(options)
    result = index.search(queries.paths, retrieval)
    if not options.out:
        return format_result(result)
    suffix = os.path.splitext(options.out)[1].lower()
    if suffix == ".json":
        write_text(options.out, json.dumps(result.to_json(), indent=1) + "\n")
    elif suffix == ".html":
        write_contact_sheet(result, options.out)
    else:
        write_points(result, index.snapshot, options.out)
        return f"{options.out}: see it with tensorboard --logdir {options.out}"
    return options.out


def remove(options, _):
    """Removes images; returns their number in words."""
    count = remove_images(options.index, options.remove)
    left = len(read_snapshot(options.index))
    return f"{tell_number(count, 'image')} removed; {left:,} left in {options.index}."


def calibrate(options, _):
    """Calibrates; writes it as JSON and as a picture, and returns the table."""
    _check_out_folder(options.out)
    source = list_source(options.calibrate, "calibrate")
    result = _open_index(options).calibrate(source, options.calibration_pairs)
    folder = options.out or options.index
    path = os.path.join(folder, "calibration.json")
    write_text(path, json.dumps(result.to_json(), indent=1) + "\n")
    picture = os.path.join(folder, "calibration.png")
    draw_calibration(result, picture)
    lines = [format_calibration(result)]
    if len(source) > result.images:
        lines.append(
            f"Left out: {tell_number(len(source) - result.images, 'image')} without a person (from "
            "1 on) or a camera, or unreadable."
        )
    return "\n".join([*lines, path, picture])


def list_queries(text):
    """Returns the `Source` of one image, several with commas between, a folder or a table."""
    if "," not in text or os.path.lexists(make_absolute(text)):
        return list_source(text, "query")
    parts = [list_source(part.strip(), "query") for part in text.split(",") if part.strip()]
    return label_paths(text, [path for part in parts for path in part.paths])


def _open_index(options):
    read_snapshot(options.index)  # whether it is whole, before the model is loaded
    return Index(options.index, load(options.workdir), options.batch_size)


def _check_out_folder(out):
    """Raises for what is, or looks like, a file."""
    if os.path.isfile(out) or os.path.splitext(out)[1].lower() in (".json", ".html", ".png"):
        raise InputError(
            f"--out={out}: is a file's name; give a folder for calibration.json and "
            "calibration.png."
        )


def _check_out(out):
    """Raises for a file of a kind that is not written."""
    suffix = os.path.splitext(out)[1].lower()
    if suffix and suffix not in (".json", ".html") and not os.path.isdir(out):
        raise InputError(
            f"--out={out}: ends in {suffix}; give a name ending in .html or .json, or a folder."
        )
    if out and os.path.isdir(out) and suffix in (".json", ".html"):
        raise InputError(f"--out={out}: a folder of that name is there; give a file.")
