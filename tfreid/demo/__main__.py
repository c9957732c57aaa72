"""tfreid demo

Trains SONA-Net and KVM-MN on drawn pedestrians and shows what they learned: a table (color
histogram; each network untrained and trained), the paths of the pictures and the TensorBoard
command. Given again, it goes on where it was interrupted.
"""

import dataclasses
import os

from absl import logging

from tfreid.command_line import run_command, show
from tfreid.options import TrainOptions, parse
from tfreid.options.fields import Checked, option
from tfreid.options.flagfiles import find_recipe


@dataclasses.dataclass(frozen=True)
class DemoOptions(Checked):
    """Where the demo leaves its runs, with their pictures."""

    workdir: str = option(os.path.join("runs", "demo"), "Folder of the runs, one for each system.")
    recipes: tuple = option(
        ("demo_sona", "demo_kvm_mn"),
        "Recipes to train by, one after the other: names or flagfiles.",
        element=str,
    )


def main(argv):
    """Runs the demo; returns the exit code."""
    (demo,) = parse(argv, (DemoOptions,))
    from tfreid.demo.rows import measure_colors, measure_untrained, read_result, tell
    from tfreid.training.run import train  # loads TensorFlow: not for a mistyped flag
    from tfreid.training.signals import Interrupted

    runs = {name: _read_recipe(name, demo.workdir) for name in demo.recipes}
    rows = {"color histogram": measure_colors(next(iter(runs.values())))}
    for options in runs.values():
        title = options.system.title
        rows[f"{title}, untrained"] = measure_untrained(options)
        logging.info("%s learns:", title)
        try:
            train(options)
        except Interrupted as interruption:
            return 128 + interruption.signal_number
        rows[f"{title}, trained"] = read_result(options)
    show(tell(rows, runs.values(), demo.workdir))
    return 0


def _read_recipe(name, workdir):
    """Returns `TrainOptions` with a workdir of the system's own."""
    path = name if os.path.isfile(name) else find_recipe(name)
    folder = os.path.join(workdir, TrainOptions.read(path).model.model)
    return TrainOptions.read(path, [f"--workdir={folder}"]).with_absolute_paths()


if __name__ == "__main__":
    run_command(main, (DemoOptions,), __doc__)
