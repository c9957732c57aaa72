"""A folder of shards: `model.json`, which says whose vectors these are, and Parquet files."""

import contextlib
import itertools

from tfreid.errors import InputError
from tfreid.extras import import_extra
from tfreid.options.paths import is_address
from tfreid.patience import call, iterate
from tfreid.shards.description import AGAIN, MODEL, ROOM, read_description, weigh
from tfreid.shards.table import EXTRA, make_schema, take_rows
from tfreid.text_files import MOST_BYTES

SUFFIX = ".parquet"
_ROWS = 1024  # that are read or written at a time, if their features have room
_MOST_PACKED = 100  # times its size in the file that a column may unpack to, beyond `ROOM`


class Shards:
    """Reads a folder of shards, on this machine or wherever pyarrow finds it (s3://, gs://).

    Attributes:
      place: the folder.
      model: {"system", "fingerprint", "name"} of the model that made the vectors.
      columns: {column: {"dtype", "shape" of one image's}}.
      count: number of images.
    """

    def __init__(self, place):
        """Looks at `model.json` and at the ends of all files, which tell of one that is cut off.

        Raises:
          InputError: where the folder cannot be read, is none, or a file is damaged: names it.
        """
        self.place = place
        self._files, self._path = _open(place)
        self._parts = self._list_parts()
        with _explain(self._name(MODEL)):
            text = call(self._read_start, f"{self._path}/{MODEL}")
        self.model, self.columns, shards = read_description(text, self._name(MODEL))
        if len(self._parts) < shards:
            raise InputError(
                f"{place}: {len(self._parts)} of {shards} {SUFFIX} files are there; give the "
                "command that writes them again, and wait for its end."
            )
        schema = make_schema(self.columns)
        self.count = sum(self._count(part, schema) for part in self._parts)

    def read(self):
        """Yields ([`Row`, ...], {column: array [n, ...]}) of all images, some at a time."""
        weight = sum(map(weigh, self.columns.values()))
        rows = max(1, min(_ROWS, ROOM // max(1, weight)))
        for part in self._parts:
            with self._open_part(part) as file:
                left = file.metadata.num_rows
                # pyarrow 18 fails at a file without any, of a shard in which no image can be read.
                for batch in iterate(file.iter_batches(rows)) if file.num_row_groups else ():
                    yield take_rows(_to_table(batch), self.columns, self._name(part))
                    left -= len(batch)
                if left:
                    raise ValueError(f"{left} rows fewer than promised")

    def _list_parts(self):
        fs = import_extra("pyarrow.fs", EXTRA)
        with _explain(self.place):
            found = call(self._files.get_file_info, fs.FileSelector(self._path))
        kinds = {info.base_name: info.type for info in found}
        # By name: every reader gets the images in one order.
        parts = sorted(name for name in kinds if name.endswith(SUFFIX))
        if MODEL not in kinds or not parts:
            raise InputError(
                f"{self.place}: holds no {SUFFIX if MODEL in kinds else MODEL}; embed images first."
            )
        for name in (MODEL, *parts):
            if kinds[name] != fs.FileType.File:  # a pipe or a device, which may have no end
                raise InputError(f"{self._name(name)}: is no file; {AGAIN}.")
        return parts

    def _read_start(self, path):
        with self._files.open_input_stream(path) as file:
            return file.read(MOST_BYTES)  # one that is longer is cut off, and that is told

    def _count(self, part, schema):
        with self._open_part(part) as file:
            # Names, types and sizes of lists, but not what other writers note beside them.
            if not file.schema_arrow.equals(schema):
                raise InputError(f"{self._name(part)}: has other columns than {MODEL} tells.")
            _check_sizes(file.metadata, [getattr(kind, "list_size", 1) for kind in schema.types])
            return file.metadata.num_rows

    @contextlib.contextmanager
    def _open_part(self, part):
        parquet = import_extra("pyarrow.parquet", EXTRA)
        # Off by default: pyarrow would hand on what a damaged page holds.
        options = {"page_checksum_verification": True, "filesystem": self._files}
        with _explain(self._name(part)):
            with call(
                lambda path: parquet.ParquetFile(path, **options), f"{self._path}/{part}"
            ) as file:
                yield file

    def _name(self, part):
        return f"{self.place.rstrip('/')}/{part}"


def _check_sizes(metadata, widths):
    """Raises ValueError for a file whose facts differ from each other, as no sums keep them.

    Or for a column that is packed as numbers and names of images never are.

    Args:
      metadata: pyarrow's of the file.
      widths: how many values a row has in each column.
    """
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if sum(group.num_rows for group in groups) != metadata.num_rows:
        raise ValueError(f"{metadata.num_rows} rows are promised, and others are there")
    for group, (place, width) in itertools.product(groups, enumerate(widths)):
        column = group.column(place)
        if column.num_values != group.num_rows * width:
            raise ValueError(f"column {place} has values for another number of rows")
        packed, promised = column.total_compressed_size, column.total_uncompressed_size
        if promised > max(ROOM, _MOST_PACKED * packed):
            raise ValueError(f"{promised:,} bytes are packed in {packed:,}")


def write_part(file, schema, tables):
    """Writes a shard.

    Args:
      file: a name, or what is open for writing bytes.
      schema: of `make_schema`.
      tables: `pyarrow.Table`s of it.
    """
    parquet = import_extra("pyarrow.parquet", EXTRA)
    # Vectors do not compress; sums of the pages tell of damage.
    with parquet.ParquetWriter(
        file, schema, compression="none", use_dictionary=False, write_page_checksum=True
    ) as writer:
        for table in tables:
            writer.write_table(table)


def _to_table(batch):
    return import_extra("pyarrow", EXTRA).Table.from_batches([batch])


def _open(place):
    """Returns (pyarrow's file system, path in it) of a folder or an address."""
    fs = import_extra("pyarrow.fs", EXTRA)
    if not is_address(place):
        return fs.LocalFileSystem(), place.rstrip("/") or "/"
    with _explain(place):
        files, path = fs.FileSystem.from_uri(place)
    return files, path.rstrip("/")


@contextlib.contextmanager
def _explain(name):
    """Raises `InputError` for what the disk, the network or pyarrow refuses."""
    pa = import_extra("pyarrow", EXTRA)
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{name}: is not there; check the name.") from error
    except (OSError, ValueError, pa.ArrowException) as error:  # ValueError: a name that is no text
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{name}: cannot be read, is damaged or cut off ({reason}); check the rights, or make "
            "it again."
        ) from error
