"""The lines of a CSV table with named columns; what is wrong with one is told as FILE:LINE."""

import csv
import io

from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.text_files import read_text

_MOST_BYTES = 1 << 30  # ten million lines

CROPS = "crops.csv"  # the table that `tfreid crop` writes beside its pictures
NOTES = ("track", "frame", "time")  # in it besides: passed over in any table


def read_rows(table, required, optional=()):
    """Reads a table whose first line names its columns, in any order.

    Args:
      table: the file, of UTF-8 text.
      required: columns that it must name.
      optional: columns that it may name.

    Returns:
      [(number of the line, {column: text without spaces around it})], empty lines left out.

    Raises:
      InputError: for a file that cannot be read, other columns, or a line of more or fewer fields.
    """
    text = read_text(table, "save it as UTF-8 text", _MOST_BYTES)
    # Without translation: csv knows a line break inside quotes from one that ends a row.
    file = io.StringIO(text, newline="")
    return _parse(table, csv.reader(file, strict=True), required, optional)


def write_rows(table, columns, rows):
    """Writes a table that `read_rows` reads, in place of one that is there.

    Lines end in CR LF, as RFC 4180 has it: a name with either of them is then quoted.
    """
    file = io.StringIO(newline="")
    csv.writer(file).writerows([columns, *rows])
    write_text(table, file.getvalue())


def _parse(table, reader, required, optional):
    try:
        names = [name.strip() for name in next(reader, [])]
        _check_names(table, names, required, optional)
        rows = [(reader.line_num, fields) for fields in reader if fields]
    except csv.Error as error:
        raise InputError(f"{table}:{reader.line_num}: not CSV ({error}).") from error
    for number, fields in rows:
        if len(fields) != len(names):
            raise InputError(
                f"{table}:{number}: {len(fields)} fields; {','.join(names)} are expected."
            )
    return [(number, _name_fields(names, fields)) for number, fields in rows]


def _name_fields(names, fields):
    return {name: field.strip() for name, field in zip(names, fields) if name not in NOTES}


def _check_names(table, names, required, optional):
    surplus = set(names) - {*required, *optional, *NOTES}
    if set(required) - set(names) or surplus or len(set(names)) < len(names):
        may = f", and may name {', '.join(optional)}" if optional else ""
        raise InputError(
            f"{table}:1: the first line is {','.join(names)!r}; it must name the columns "
            f"{','.join(required)}{may}, separated by commas."
        )
