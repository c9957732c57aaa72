"""All tables, and finding in them what a command names."""

from tfreid.errors import InputError
from tfreid.reproduction.kvm_mn_tables import KVM_MN_TABLES
from tfreid.reproduction.sona_net_tables import SONA_NET_TABLES

TABLES = {table.name: table for table in (*SONA_NET_TABLES, *KVM_MN_TABLES)}


def find_table(name):
    """Returns the `Table` of a name; raises `InputError` with the list for any other."""
    if name not in TABLES:
        raise InputError(f"table={name}: the tables are {', '.join(TABLES)}; give one of them.")
    return TABLES[name]


def choose_rows(table, names):
    """Returns the table's rows of these names, in the table's order; all for no names.

    Raises:
      InputError: for a name that the table lacks.
    """
    names = [name.strip() for name in names]
    known = [row.name for row in table.rows]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"rows={','.join(names)}: {table.name} has no row {unknown[0]}; its rows are "
            f"{', '.join(known)}."
        )
    return tuple(row for row in table.rows if not names or row.name in names)


def choose_columns(table, dataset):
    """Returns the columns of a data set; all for ""; for a foreign data set, the table's first one.

    Args:
      table: `Table`.
      dataset: value of `--dataset`, or "".

    Returns:
      (tuple of `Column`, whether the data set is none of the table's).
    """
    chosen = tuple(column for column in table.columns if dataset in ("", column.dataset))
    return (chosen, False) if chosen else (table.columns[:1], True)
