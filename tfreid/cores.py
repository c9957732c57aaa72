"""The processor's cores: how many there are for us, and rows shared out among them.

By threads: NumPy lets the others run while it works on arrays.
"""

import concurrent.futures
import os

_LEAST_ELEMENTS = 2**18  # of a part: below, a thread takes longer to start than to work


def count_cores():
    """Returns the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_out(work, count, elements=_LEAST_ELEMENTS):
    """Calls `work(start, stop)` for parts that together are range(count), and waits for all.

    Args:
      work: function that may run in several threads at once, each on rows of its own.
      count: number of rows.
      elements: how many numbers a row has; where all rows have few, all are one part.
    """
    parts = max(1, min(count_cores(), count, count * elements // _LEAST_ELEMENTS))
    cuts = [count * part // parts for part in range(parts + 1)]
    if parts == 1:
        work(0, count)
        return
    with concurrent.futures.ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))
