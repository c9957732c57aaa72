"""A shard of images: read, embedded by the library's own way, written as a Parquet file."""

import concurrent.futures
import csv
import io

from tfreid.bulk.storage import read_bytes
from tfreid.errors import InputError
from tfreid.files import digest_content, open_regular
from tfreid.index.adding import look_at, tell_missing
from tfreid.index.features import read_features
from tfreid.index.sources import label_paths
from tfreid.options.paths import is_address
from tfreid.shards.folder import SUFFIX, write_part
from tfreid.shards.table import Row, make_schema, make_table

_AT_ONCE = 1024  # images whose bytes are in memory
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
    listed, skipped, schema = images.read(shard), [], make_schema(columns)

    def write(stream):
        groups = (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))
        tables = (
            make_table(schema, rows, features)
            for group in groups
            for rows, features in _embed(model, group, batch_size, skipped)
        )
        write_part(stream, schema, tables)
        if skipped:  # before the shard counts
            storage.write_text(f"bad-{shard:06}.csv", _format(skipped))

    storage.write(part, write)
    return len(skipped)


def _embed(model, listed, batch_size, skipped):
    """Yields ([`Row`, ...], {column: array [n, ...]}) of those that can be read."""
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        read = list(pool.map(_read, listed))
    for file, content in zip(listed, read):
        if isinstance(content, str):
            skipped.append((file.path, content))
    there = [(file, *content) for file, content in zip(listed, read) if isinstance(content, tuple)]
    paths, facts, contents = zip(*there) if there else ((), (), ())
    paths = [file.path for file in paths]
    labels = label_paths("", paths)

    def skip(place, reason):
        skipped.append((paths[place], reason))

    for places, features in read_features(model, contents, batch_size, skip):
        digests = [digest_content(contents[i]) for i in places]
        rows = [
            Row(paths[i], *labels.label(i), *facts[i], digest) for i, digest in zip(places, digests)
        ]
        yield rows, features


def _read(listed):
    """Returns ((size, nanoseconds of the last change), bytes) of a file, or why it has none."""
    try:
        if is_address(listed.path):
            return (listed.size, int(listed.seconds * 10**9)), read_bytes(listed.path)
        facts = look_at(listed.path)
        with open_regular(listed.path) as file:
            return facts, file.read()
    except (OSError, ValueError) as error:
        return tell_missing(error)
    except InputError as error:
        return str(error)


def _format(skipped):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("path", "reason"), *sorted(skipped)])
    return text.getvalue()
