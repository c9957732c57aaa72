"""What the door of the search does: one function for each action, from options to words."""

import json
import os

from tfreid.data.findings import tell_number
from tfreid.errors import InputError
from tfreid.escaping import escape
from tfreid.files import write_text
from tfreid.index.calibration import format_calibration
from tfreid.index.calibration_plot import draw_calibration
from tfreid.index.contact_sheet import write_contact_sheet
from tfreid.index.index import Index
from tfreid.index.points import write_points
from tfreid.index.removing import ID, remove_target
from tfreid.index.removing import prune as prune_store
from tfreid.index.results import format_result
from tfreid.index.shards import add_shards, export_shards
from tfreid.index.sources import label_paths, list_source
from tfreid.index.stores import open_store
from tfreid.options.paths import is_address, locate, make_absolute
from tfreid.serving.loaded import load

_TOLD = 20


def add(options, _):
    """Adds images; returns what became of them in words."""
    if options.adds_vectors:
        return _add_vectors(options)
    source = list_source(options.add, "add")
    return add_to(_open_index(options), source)


def _add_vectors(options):
    fingerprint = load(options.place).fingerprint if options.place else ""
    store = open_store(options.index)
    result = add_shards(store, locate(options.add), fingerprint)
    with store.read() as view:
        return "\n".join(_tell_added(result, view.state.images, store.folder))


def export(options, _):
    """Writes all vectors as Parquet files; returns what was written in words."""
    count = export_shards(open_store(options.index), options.export)
    return f"{tell_number(count, 'image')} exported to {options.export}."


def add_to(index, source):
    """Adds a `Source` to an `Index`; returns what became of it in words."""
    result = index.add(source)
    lines = _tell_added(result, len(index), index.folder)
    if result.relabeled:
        lines.append(
            f"{result.relabeled:,} of these have another pid or camid now, which the index does "
            "not take over: --remove them first."
        )
    if result.copies:
        lines.append(f"{len(result.copies):,} of them are there under another name, too:")
        lines += _cut([f"{escape(path)} is {escape(other)}" for path, other in result.copies])
    if result.skipped:
        lines.append(f"{len(result.skipped):,} skipped, because they cannot be read:")
        lines += [escape(f"  {path}: {reason}") for path, reason in result.skipped]
    lines += [escape(f"Note: {line}") for line in result.oddities.tell()]
    if source.aside:
        lines.append(f"Left aside: {source.aside}.")
    return "\n".join(lines)


def _tell_added(result, count, folder):
    """Returns lines about an `Added`; `count` images are in the index now."""
    lines = [f"{tell_number(result.added, 'image')} added; {count:,} in {folder}."]
    if result.replaced:
        lines.append(f"{result.replaced:,} of them had changed and took their old place.")
    if result.unchanged:
        lines.append(f"{result.unchanged:,} were there already.")
    return lines


def query(options, retrieval):
    """Looks for images and writes the answer where it was asked for; returns it in words."""
    _check_out(options.out)
    queries = list_queries(options.query)
    with open_store(options.index).read():
        pass  # there is one, and it is whole: told before the model is loaded
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
        with index.store.read() as view:
            write_points(result, view, options.out)
        return f"{options.out}: see it with tensorboard --logdir {options.out}"
    return options.out


def remove(options, _):
    """Removes images; returns what went, and what else shows the same, in words."""
    store = open_store(options.index)
    result = remove_target(store, options.remove, options.copies)
    lines = _tell_removed(store, result)
    if result.copies:
        names = "1 more name" if len(result.copies) == 1 else f"{len(result.copies):,} more names"
        lines.append(f"{names} of these pictures stay; --copies takes them, too:")
        lines += _cut([_name(image) for image in result.copies])
    return "\n".join(lines)


def prune(options, _):
    """Removes images whose files are gone; returns what went in words."""
    store = open_store(options.index)
    result = prune_store(store)
    lines = _tell_removed(store, result)
    if result.left_alone:
        lines.append(
            "Left alone is what lay below these folders, which are empty, as those of a disk that "
            "is not mounted; --remove=FOLDER takes it:"
        )
        lines += _cut([escape(folder) for folder in result.left_alone])
    return "\n".join(lines)


def _tell_removed(store, result):
    with store.read() as view:
        left = view.state.images
    count = tell_number(len(result.images), "image")
    lines = [f"{count} removed; {left:,} left in {store.folder}."]
    lines += _cut([_name(image) for image in result.images])
    if not result.is_free:
        lines.append(
            "Their space is not free yet: a search reads the index, or the disk is full; the next "
            "removal frees it."
        )
    return lines


def _name(image):
    return f"{ID}{image.id} {escape(image.path)}"


def _cut(lines):
    """Returns lines set in, with the number of those beyond the first."""
    more = [f"and {len(lines) - _TOLD:,} more"] if len(lines) > _TOLD else []
    return [f"  {line}" for line in [*lines[:_TOLD], *more]]


def calibrate(options, _):
    """Calibrates; writes it as JSON and as a picture, and returns the table."""
    _check_out_folder(options.out)
    source = list_source(options.calibrate, "calibrate")
    index = _open_index(options)
    return calibrate_on(index, source, options.calibration_pairs, options.out)


def calibrate_on(index, source, max_pairs, out=""):
    """Calibrates an `Index` on a `Source`, and returns the table.

    JSON and picture go to the folder `out`, or else the index folder; for an address nowhere else.
    """
    result = index.calibrate(source, max_pairs)
    folder = out or ("" if is_address(index.folder) else index.folder)
    lines = [format_calibration(result)]
    if len(source) > result.images:
        lines.append(
            f"Left out: {tell_number(len(source) - result.images, 'image')} without a person (from "
            "1 on) or a camera, or unreadable."
        )
    return "\n".join([*lines, *(_write_calibration(result, folder) if folder else ())])


def _write_calibration(result, folder):
    """Writes a calibration as JSON and as a picture; returns their names."""
    path = os.path.join(folder, "calibration.json")
    write_text(path, json.dumps(result.to_json(), indent=1) + "\n")
    picture = os.path.join(folder, "calibration.png")
    draw_calibration(result, picture)
    return path, picture


def list_queries(text):
    """Returns the `Source` of one image, several with commas between, a folder or a table."""
    if "," not in text or os.path.lexists(make_absolute(text)):
        return list_source(text, "query")
    parts = [list_source(part.strip(), "query") for part in text.split(",") if part.strip()]
    return label_paths(text, [path for part in parts for path in part.paths])


def _open_index(options):
    # A folder of something else is told before the model is loaded.
    open_store(options.index).exists()
    return Index(options.index, load(options.place), options.batch_size)


def _check_out_folder(out):
    """Raises for what is, or looks like, a file."""
    if os.path.isfile(out) or os.path.splitext(out)[1].lower() in (".json", ".html", ".png"):
        raise InputError(
            f"out={out}: is a file's name; give a folder for calibration.json and calibration.png."
        )


def _check_out(out):
    """Raises for a file of a kind that is not written."""
    suffix = os.path.splitext(out)[1].lower()
    if suffix and suffix not in (".json", ".html") and not os.path.isdir(out):
        raise InputError(
            f"out={out}: ends in {suffix}; give a name ending in .html or .json, or a folder."
        )
    if out and os.path.isdir(out) and suffix in (".json", ".html"):
        raise InputError(f"out={out}: a folder of that name is there; give a file.")
