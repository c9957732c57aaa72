"""KVM-MN's memories in an index: only those of a shortlist are read."""

from tfreid.index.features import KEYS, VALUES
from tfreid.index.snapshot import VECTORS


def take_memories(columns, rows):
    """Returns the `Memories` of some rows of {column: array}."""
    from tfreid.systems.matching.memories import Memories  # loads TensorFlow

    return Memories(columns[KEYS][rows], columns[VALUES][rows], columns[VECTORS][rows])


def read_memories(snapshot, rows):
    """Returns the `Memories` of rows of a `Snapshot`, int64[n]."""
    return take_memories(snapshot.read_all(rows), slice(None))
