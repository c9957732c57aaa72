"""Which store an index has: a folder's database, or a table in a bucket."""

from tfreid.index.lance_store import LanceStore
from tfreid.index.store import Store
from tfreid.options.paths import is_address


def open_store(place):
    """Returns the `Store` of a folder, or the `LanceStore` of an address; it need not exist."""
    return LanceStore(place) if is_address(place) else Store(place)
