"""Averages the evaluations of several runs, such as one for each split of CUHK01:

    python -m tools.average_splits WORKDIR0 WORKDIR1 ...

Prints mean and standard deviation for each data set and protocol in their metrics.jsonl.
"""

import sys

from tfreid.errors import InputError
from tools.split_averages import average_runs, format_averages

USAGE = "usage: python -m tools.average_splits WORKDIR WORKDIR ..."


def main(argv):
    """Prints the table of the runs that the arguments name; returns the exit code."""
    if not argv or argv[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return 0 if argv and argv[0] in ("-h", "--help") else 1
    try:
        print(format_averages(average_runs(argv)))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
