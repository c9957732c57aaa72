"""python -m tools.pack_weights --workdir=W --name=tfreid_small --trained_on=DATA --terms=TERMS

Packs the network of a run into the library: its weights as float16, a card for the table of weights
by name, and a model card for people. Its figures are the lines of the run's metrics.jsonl for that
step; evaluate first, on another data set, too.
"""

import dataclasses

from tfreid.command_line import run_command
from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute
from tfreid.weights.catalogue import OWN_FOLDER


@dataclasses.dataclass(frozen=True)
class PackOptions(Checked):
    """Which run becomes which name."""

    workdir: str = option("", "Folder of the training run.")
    step: int = option(-1, "Checkpoint to use; -1 for the latest.", minimum=-1)
    name: str = option("", "Name under which it is used, as in tfreid_small.")
    trained_on: str = option("", "The data, as in 'Market-1501, training set'.")
    terms: str = option("", "The terms, as in 'research only, as the data'.")
    out: str = option(OWN_FOLDER, "Folder for the three files.")

    def check(self):
        for name in ("workdir", "name", "trained_on", "terms"):
            if not getattr(self, name):
                raise InputError(f"`{name}` is empty: all but `step` and `out` must be given.")


GROUPS = (PackOptions,)


def main(argv):
    """Packs what the command line describes; returns the exit code."""
    (options,) = parse(argv, GROUPS)
    from tools.weight_packing import pack_run  # loads TensorFlow

    options = dataclasses.replace(options, workdir=make_absolute(options.workdir))
    print(*pack_run(options), sep="\n")
    return 0


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
