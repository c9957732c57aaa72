"""A folder of shards: `model.json`, which says whose vectors these are, and Parquet files."""

import contextlib
import json

from tfreid.errors import InputError
from tfreid.extras import import_extra
from tfreid.options.paths import is_address
from tfreid.shards.table import EXTRA, make_schema, take_rows

MODEL = "model.json"
SUFFIX = ".parquet"
_FORMAT = {"format": "tfreid.shards", "version": 1}
_ROWS = 1024  # that are read or written at a time


def describe(model, columns):
    """Returns the text of `model.json`.

    Args:
      model: {"system", "fingerprint", "name"}.
      columns: {column: {"dtype", "shape" of one image's}}.
    """
    return json.dumps({**_FORMAT, "model": model, "columns": columns}, indent=1) + "\n"


def read_description(text, name):
    """Returns (model, columns) of the text of a `model.json`; `name` is for messages."""
    try:
        fields = json.loads(text)
        found = {key: fields[key] for key in _FORMAT}
        model = {key: str(fields["model"][key]) for key in ("system", "fingerprint", "name")}
        columns = fields["columns"]
        make_schema(columns)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{name}: does not describe vectors of tfreid; embed again.") from error
    if found != _FORMAT:
        raise InputError(f"{name}: is of {found}, not {_FORMAT}; embed again.")
    return model, columns


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
        model = f"{self._path}/{MODEL}"
        with _explain(f"{place}/{MODEL}"), self._files.open_input_stream(model) as file:
            text = file.readall()
        self.model, self.columns = read_description(text, f"{place}/{MODEL}")
        schema = make_schema(self.columns)
        self._parts = self._list_parts()
        self.count = sum(self._count(part, schema) for part in self._parts)

    def read(self):
        """Yields ([`Row`, ...], {column: array [n, ...]}) of all images, some at a time."""
        for part in self._parts:
            with self._open_part(part) as file:
                # pyarrow 18 fails at a file without any, of a shard in which no image can be read.
                for batch in file.iter_batches(_ROWS) if file.num_row_groups else ():
                    yield take_rows(_to_table(batch), self.columns, self._name(part))

    def _list_parts(self):
        fs = import_extra("pyarrow.fs", EXTRA)
        with _explain(self.place):
            found = self._files.get_file_info(fs.FileSelector(self._path))
        # By name: every reader gets the images in one order.
        parts = sorted(info.base_name for info in found if info.base_name.endswith(SUFFIX))
        if not parts:
            raise InputError(f"{self.place}: holds no {SUFFIX} files; embed images first.")
        return parts

    def _count(self, part, schema):
        with self._open_part(part) as file:
            # Names, types and sizes of lists, but not what other writers note beside them.
            if not file.schema_arrow.equals(schema):
                raise InputError(f"{self._name(part)}: has other columns than {MODEL} tells.")
            return file.metadata.num_rows

    @contextlib.contextmanager
    def _open_part(self, part):
        parquet = import_extra("pyarrow.parquet", EXTRA)
        with _explain(self._name(part)):
            source = f"{self._path}/{part}"
            options = {"page_checksum_verification": True, "filesystem": self._files}
            with parquet.ParquetFile(source, **options) as file:
                yield file

    def _name(self, part):
        return f"{self.place.rstrip('/')}/{part}"


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
    except FileNotFoundError as error:
        raise InputError(f"{name}: is not there; check the name.") from error
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{name}: cannot be read, is damaged or cut off ({reason}); check the rights, or make "
            "it again."
        ) from error
