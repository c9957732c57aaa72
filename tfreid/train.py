"""python -m tfreid.train --flagfile=configs/sona2_market1501.cfg --data_dir=D --workdir=W

Trains a network. The same command given again continues an interrupted run.
"""

from tfreid.command_line import run_command
from tfreid.options import TrainOptions, list_groups
from tfreid.training.inheritance import inherit_network
from tfreid.training.signals import Interrupted, hold_sigterm

EVERYDAY = (
    *("model", "dataset", "data_dir", "workdir", "initial_weights"),
    *("height", "width", "seed", "learning_rate"),
    *("devices", "precision", "evaluate_epochs", "checkpoint_steps", "keep_checkpoints"),
)


def main(argv):
    """Trains what the command line describes; returns the exit code."""
    with hold_sigterm():
        options = TrainOptions.parse(inherit_network(argv)).with_absolute_paths()
        from tfreid.training.run import train  # loads TensorFlow: not for a mistyped flag

        try:
            train(options)
        except Interrupted as interruption:
            return 128 + interruption.signal_number
    return 0


if __name__ == "__main__":
    run_command(main, list_groups, __doc__, EVERYDAY)
