"""The rows of an index at an address: LanceDB tables, and what their refusals mean in words."""

import contextlib
import re

import numpy as np

from tfreid.errors import InputError, shorten
from tfreid.extras import import_extra
from tfreid.index.rows import COLUMNS, Image

EXTRA = "lance"
_REASONS = {
    "no rights there, or no credentials": (
        "status: 403",
        "status: 401",
        "denied",
        "credential",
        "token",
    ),
    "no such bucket": ("nosuchbucket", "status: 404"),
    "no network to it": ("kind: connect", "dns", "timed out"),
    "another process has made it anew meanwhile, give the command again": ("not found:",),
}
_ROWS = 1000  # that are read at a time
_COLUMNS = (*Image._fields, "checksum")


class LanceTables:
    """The rows of one version of a table; the interface is that of `Tables`.

    What a change removes and inserts is written by `write_state`, and not seen by it before.
    """

    def __init__(self, place, table, holder=None):
        self._place, self._table, self._holder = place, table, holder
        self._new, self._gone, self._places = None, [], None

    def read_state(self):
        """Returns [(fields as JSON, their checksum)]."""
        return self._read(self._query(("state", "checksum")).where("id = 0"))

    def list_sums(self):
        """Returns [(id, checksum, sum of the vector), ...] of all images, by id."""
        return self._list(("id", "checksum", "vectors_sum"))

    def list_images(self):
        """Returns rows, the fields of an `Image` and its checksum, of all, by id."""
        return [_from_text(row) for row in self._list(_COLUMNS)]

    def find_images(self, column, values):
        """Yields the rows whose column, "id" or "path", has one of the values."""
        if column == "id":
            rows = self._take(values, _COLUMNS)
        else:
            # SQL's own way to write a quote: a path may hold some.
            names = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
            rows = self._read(self._query(_COLUMNS).where(f"path IN ({names})")) if names else ()
        return map(_from_text, rows)

    def read_features(self, columns, ids):
        """Yields (id, array of each column, sum of each) of images, in no order."""
        sums = [f"{name}_sum" for name in columns]
        return self._take(ids, ("id", *columns, *sums))

    def scan_vectors(self):
        """Yields (id, vector, its sum) of all images, those of each thousand of ids together."""
        ids, _ = self._locate()
        for start in range(0, len(ids), _ROWS):
            yield from self.read_features(COLUMNS[:1], ids[start : start + _ROWS])

    def insert(self, images, checksums, columns):
        """Notes rows to be added."""
        self._new = images, checksums, columns

    def remove(self, ids):
        """Notes rows to be removed."""
        self._gone += ids

    def write_state(self, fields, checksum):
        """Puts everything noted into the table as one change."""
        with explain_bucket(self._place):
            if self._new:
                self._add_columns(self._new[2])
            schema = self._table.schema
            parts = [make_state_row(schema, fields, checksum)]
            parts += [_make_rows(schema, *self._new)] if self._new else []
            self._merge(import_extra("pyarrow", EXTRA).concat_tables(parts))

    def _merge(self, rows):
        # Who has lost the turn meanwhile finds no such row, and changes nothing.
        own = f"target.holder = '{self._holder}'"
        merge = self._table.merge_insert("id").when_matched_update_all(where=own)
        merge = merge.when_not_matched_insert_all()
        if self._gone:
            gone = ", ".join(map(str, self._gone))
            merge = merge.when_not_matched_by_source_delete(f"id IN ({gone})")
        if not merge.execute(rows).num_updated_rows:
            raise TimeoutError("it took longer than its turn, and others have changed it")

    def _add_columns(self, columns):
        """Gives the table the columns of features, with the first of them."""
        pa = import_extra("pyarrow", EXTRA)
        fields = [
            pa.field(name, pa.list_(pa.from_numpy_dtype(values.dtype), values[0].size))
            for name, values in columns.items()
            if name not in self._table.schema.names
        ]
        if fields:
            self._table.add_columns(pa.schema(fields))

    def _query(self, columns):
        return self._table.search().select(list(columns))

    def _read(self, query, by=None):
        with explain_bucket(self._place):
            found = query.to_arrow()
        return _list_rows(found.sort_by(by) if by else found)

    def _list(self, columns):
        return self._read(self._query(columns).where("id > 0"), by="id")

    def _locate(self):
        """Returns (ids, rising, their rows' places in the table)."""
        if self._places is None:
            query = self._query(("id",)).where("id > 0").with_row_id(True)
            with explain_bucket(self._place):
                found = query.to_arrow().sort_by("id")
            self._places = [found.column(name).to_numpy() for name in ("id", "_rowid")]
        return self._places

    def _take(self, ids, columns):
        known, rows = self._locate()
        rows = rows[np.isin(known, ids)].tolist()
        return self._read(self._table.take_row_ids(rows).select(list(columns))) if rows else []


def make_schema():
    """Returns the `pyarrow.Schema` of a table without features."""
    pa = import_extra("pyarrow", EXTRA)
    kinds = {"id": pa.int64(), "path": pa.string(), "pid": pa.string(), "camid": pa.string()}
    numbers = ("size", "mtime", *(f"{name}_sum" for name in COLUMNS), "checksum")
    kinds |= {name: pa.int64() for name in numbers}
    kinds |= {"digest": pa.binary(), "state": pa.string(), "holder": pa.string()}
    return pa.schema([pa.field(name, kind) for name, kind in kinds.items()])


def make_state_row(schema, fields, checksum):
    """Returns a `pyarrow.Table` of a state: fields as JSON, and their checksum."""
    # LanceDB takes no row without a vector.
    row = {field.name: [0] * field.type.list_size for field in schema if _is_list(field.type)}
    row |= {"id": 0, "state": fields, "checksum": checksum}
    return import_extra("pyarrow", EXTRA).Table.from_pylist([row], schema=schema)


def _make_rows(schema, images, checksums, columns):
    """Returns a `pyarrow.Table` of [`Image`, ...], their checksums and features."""
    pa = import_extra("pyarrow", EXTRA)
    given = dict(zip(_COLUMNS, [*zip(*images), checksums]))
    for name in ("pid", "camid"):  # labels are text here: numbers, or text in quotes
        given[name] = [None if label is None else str(label) for label in given[name]]
    arrays = []
    for field in schema:
        if field.name in columns:
            flat = np.ascontiguousarray(columns[field.name]).reshape(-1)
            array = pa.FixedSizeListArray.from_arrays(pa.array(flat), type=field.type)
        else:
            array = pa.array(given.get(field.name, [None] * len(images)), field.type)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=schema)


def _list_rows(table):
    """Returns the rows of a `pyarrow.Table`; a column of lists as arrays."""
    columns = []
    for column in table.columns:
        column = column.combine_chunks()
        if _is_list(column.type):
            flat = column.flatten().to_numpy(zero_copy_only=False)
            columns.append(flat.reshape(-1, column.type.list_size))
        else:
            columns.append(column.to_pylist())
    return list(zip(*columns))


def _is_list(kind):
    return hasattr(kind, "list_size")


def _from_text(row):
    """Returns a row with labels as `rows.to_stored` makes them."""
    labels = [label if label is None or '"' in label else int(label) for label in row[2:4]]
    return (*row[:2], *labels, *row[4:])


@contextlib.contextmanager
def explain_bucket(place):
    """Raises `InputError` for what the bucket, the network or LanceDB refuses."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        text = str(error).lower()
        found = [why for why, signs in _REASONS.items() if any(sign in text for sign in signs)]
        raise InputError(
            f"index={place}: {found[0] if found else 'refused'} ({_find_words(error)}); check the "
            "address, and the environment's credentials. What was there before is kept."
        ) from error


def _find_words(error):
    """Returns what a bucket says in the midst of what LanceDB says, or else the latter."""
    found = re.search("<Message>(.*?)</Message>", str(error))
    return found.group(1) if found else shorten(error)
