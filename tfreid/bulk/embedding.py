"""A shard of images: read, embedded by the library's own way, written as a Parquet file."""

import csv
import io

from tfreid.bulk.storage import read_bytes
from tfreid.data.image_headers import judge_bytes
from tfreid.data.oddities import describe
from tfreid.errors import InputError
from tfreid.escaping import escape_cell
from tfreid.files import digest_content, open_regular
from tfreid.index.adding import look_at, tell_missing
from tfreid.index.features import read_features
from tfreid.index.sources import label_paths
from tfreid.options.paths import is_address
from tfreid.patience import HANGING, run_each
from tfreid.shards.folder import SUFFIX, write_part
from tfreid.shards.table import Row, make_schema, make_table

_AT_ONCE, _MOST_BYTES = 1024, 2**28  # images whose bytes are in memory
_THREADS = 16


def embed_shard(model, storage, images, shard, columns, batch_size):
    """Embeds the images of a shard, unless its file is there.

    Args:
      model: what `tfreid.load` returns.
      storage: `Storage` of the folder.
      images: `FrozenList`.
      shard: its number.
      columns: {column: {"dtype", "shape" of one image's}}.
      batch_size: images of a forward pass.

    Returns:
      Number of images that cannot be read; None where the file was there.
    """
    part = f"part-{shard:06}{SUFFIX}"
    if storage.exists(part):
        return None
    listed, schema = images.read(shard), make_schema(columns)
    skipped, odd = [], []

    def write(stream):
        tables = (
            make_table(schema, rows, features)
            for group in _group(listed)
            for rows, features in _embed(model, group, batch_size, skipped, odd)
        )
        write_part(stream, schema, tables)
        for kind, lines in (("bad", skipped), ("odd", odd)):  # before the shard counts
            if lines:
                storage.write_text(f"{kind}-{shard:06}.csv", _format(lines))

    storage.write(part, write)
    return len(skipped)


def _group(listed):
    """Yields lists of images, which together are no more than is read at a time."""
    group, size = [], 0
    for file in listed:
        # The first of a group always fits: a single file may be larger than the limit.
        if group and (len(group) == _AT_ONCE or size + file.size > _MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group


def _embed(model, listed, batch_size, skipped, odd):
    """Yields ([`Row`, ...], {column: array [n, ...]}) of those that can be read."""
    read = list(run_each(_read, listed, _THREADS, lambda file: f"cannot be read: {HANGING}"))
    for file, content in zip(listed, read):
        if isinstance(content, str):
            skipped.append((file.path, content))
    there = [(file, *content) for file, content in zip(listed, read) if isinstance(content, tuple)]
    # zip of nothing gives nothing to unpack.
    paths, facts, contents = zip(*there) if there else ((), (), ())
    paths = [file.path for file in paths]
    labels = label_paths("", paths)

    def skip(place, reason):
        skipped.append((paths[place], reason))

    def notice(place, kinds):
        odd.extend((paths[place], describe(kind)) for kind in kinds)

    for places, features in read_features(model, contents, batch_size, skip, notice):
        digests = [digest_content(contents[i]) for i in places]
        rows = [
            Row(paths[i], *labels.label(i), *facts[i], digest) for i, digest in zip(places, digests)
        ]
        yield rows, features


def _read(listed):
    """Returns ((size, nanoseconds of the last change), bytes) of a file, or why it has none."""
    try:
        fault = judge_bytes(listed.size)
        if fault:
            return fault
        # A bucket tells size and time while it lists; asking again is a request for each photo.
        if is_address(listed.path):
            return (listed.size, int(listed.seconds * 10**9)), read_bytes(listed.path)
        facts = look_at(listed.path)
        with open_regular(listed.path) as file:
            return facts, file.read()
    except (OSError, ValueError) as error:
        return tell_missing(error)
    except InputError as error:
        return str(error)


def _format(lines):
    text = io.StringIO()
    rows = [map(escape_cell, line) for line in sorted(lines)]
    csv.writer(text, lineterminator="\n").writerows([("path", "reason"), *rows])
    return text.getvalue()
