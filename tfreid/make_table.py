"""tfreid make-table FOLDER --pattern='{pid}/{camid}_{}.png' --test_share=0.2 --out=photos.csv

Makes a CSV table of photos (path,pid,camid,split) that training, evaluation and search read, and
says in words what it holds and what is wrong with it. A pattern tells where in an image's path its
person and camera stand; by default there is a folder for each person, and the cameras are unknown.
"""

import shlex

import numpy as np

from tfreid.command_line import run_command, show
from tfreid.options import DataOptions, TrainOptions, parse
from tfreid.options.data import TableOptions

GROUPS, RECIPE = (TableOptions,), "own_photos"


def main(argv):
    """Writes the table that the command line asks for; returns the exit code."""
    (options,) = parse(argv, GROUPS, positional="folder")
    from tfreid.data.checks import inspect  # loads TensorFlow: not for a mistyped flag
    from tfreid.data.readers import read_layout
    from tfreid.data.table_making import make_table

    given, options = options.out, options.with_absolute_paths()
    show(make_table(**vars(options)) + "\n")
    dataset = read_layout(DataOptions(dataset="csv", data_dir=options.out))
    people = len(np.unique(dataset.train.pids))
    usual = TrainOptions.parse(["tfreid", f"--recipe={RECIPE}"]).learning.identities_per_batch
    show(inspect(dataset, identities_per_batch=min(usual, people)).text())
    if people > 1:
        few = f" --identities_per_batch={people}" if people < usual else ""
        show(f"\ntfreid train --recipe={RECIPE} --data_dir={shlex.quote(given)} --workdir=W{few}")
    return 0


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
