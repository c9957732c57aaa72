"""Vectors in and out of an index as Parquet files: no image is computed."""

import errno
import os

from tfreid.errors import InputError
from tfreid.files import write_folder
from tfreid.index.adding import Added
from tfreid.index.rows import Image, to_label, to_stored
from tfreid.progress import Progress
from tfreid.shards.description import MODEL, describe
from tfreid.shards.folder import SUFFIX, Shards, write_part
from tfreid.shards.table import Row, make_schema, make_table

_READ, _IN_A_FILE = 1000, 100_000  # images


def add_shards(store, place, fingerprint=""):
    """Adds images by vectors that were computed elsewhere.

    An image that is in the index with the same content is passed over; one of the same path and
    another content takes its place.

    Args:
      store: `Store`; where there is none it becomes one of the model that made the vectors.
      place: a folder or an address, see `Shards`.
      fingerprint: of the model that they must be of; "" for that of the index alone.

    Returns:
      `Added`.

    Raises:
      InputError: where they are another model's, or damaged: names the file. Some thousands of
        images each become part of the index together.
    """
    shards = Shards(place)
    _check_owners(shards, store, fingerprint)
    store.create(shards.model)
    _check_owners(shards, store, fingerprint)  # another process may have made it meanwhile
    progress, counts = Progress("Adding vectors", shards.count), [0, 0]
    with store.held():
        for rows, features in shards.read():
            with store.write() as change:
                added, replaced = change.add(*_drop_doubles(rows, features))
            counts = [counts[0] + len(added), counts[1] + replaced]
            progress.advance(len(rows))
    return Added(*counts, shards.count - counts[0], 0, (), ())


def _check_owners(shards, store, fingerprint):
    """Raises `InputError` for vectors of another model than they must be of."""
    for other, name in _list_owners(store, fingerprint):
        if other != shards.model["fingerprint"]:
            raise InputError(
                f"add={shards.place}: holds vectors of {shards.model['name']} (fingerprint "
                f"{shards.model['fingerprint'][:12]}), not of {name} ({other[:12]}); only vectors "
                "of one model can be compared."
            )


def _list_owners(store, fingerprint):
    """Returns [(fingerprint, name), ...] of the models that vectors must be of."""
    owners = [(fingerprint, "the model that was given")] if fingerprint else []
    if store.exists():
        with store.read() as view:
            owners.append((view.state.model["fingerprint"], f"the model of {store.folder}"))
    return owners


def _drop_doubles(rows, features):
    """Returns ([`Image`, ...], features) of rows, the last of each path."""
    # One change takes each path once; the last line of it wins, as in changes one by one.
    places = {row.path: place for place, row in enumerate(rows)}
    chosen = list(places.values())
    images = [
        Image(0, row.path, to_stored(row.pid), to_stored(row.camid), *row[3:])
        for row in (rows[place] for place in chosen)
    ]
    return images, {name: values[chosen] for name, values in features.items()}


def export_shards(store, folder):
    """Writes all of an index as a folder of shards, which appears as a whole.

    Args:
      store: `Store`.
      folder: a folder that is not there, or empty.

    Returns:
      Number of images.

    Raises:
      InputError: where something is there already, or the disk refuses.
    """
    there = InputError(f"export={folder}: is there already; give another folder.")
    if os.path.lexists(folder) and not (os.path.isdir(folder) and not os.listdir(folder)):
        raise there
    with store.read() as view:
        if not view.state.images:
            raise InputError(f"index={store.folder}: holds no images to export.")
        try:
            write_folder(folder, lambda aside: _write(view, aside))
        except FileExistsError as error:  # of another process, meanwhile
            raise there from error
        except OSError as error:
            reason = error.strerror or os.strerror(error.errno or errno.EIO)
            raise InputError(f"export={folder}: cannot be written ({reason}).") from error
        return view.state.images


def _write(view, folder):
    ids, schema = view.list_ids()[0], make_schema(view.state.columns)
    progress = Progress("Exporting vectors", len(ids))
    starts = range(0, len(ids), _IN_A_FILE)
    for number, start in enumerate(starts):
        path = os.path.join(folder, f"part-{number:06}{SUFFIX}")
        part = ids[start : start + _IN_A_FILE]
        write_part(path, schema, _read_tables(view, schema, part, progress))
    with open(os.path.join(folder, MODEL), "w", encoding="utf-8") as file:
        file.write(describe(view.state.model, view.state.columns, len(starts)))


def _read_tables(view, schema, ids, progress):
    for start in range(0, len(ids), _READ):
        part = ids[start : start + _READ]
        images = view.read_images(part)
        rows = [_to_row(images[number]) for number in part.tolist()]
        yield make_table(schema, rows, view.read_features(part, tuple(view.state.columns)))
        progress.advance(len(part))


def _to_row(image):
    labels = to_label(image.pid), to_label(image.camid)
    return Row(image.path, *labels, image.size, image.mtime, image.digest)
