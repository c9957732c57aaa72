"""The network of a training that names none: that of the weights which it starts from."""

import os

from tfreid.options import TrainOptions
from tfreid.options.flags import peek, to_flags
from tfreid.options.paths import make_absolute, make_absolute_weights
from tfreid.runs.workdir import Workdir, read_options
from tfreid.weights.catalogue import WEIGHTS, is_name

_IMAGE = ("height", "width", "normalization")  # what a network takes, beside its own options


def inherit_network(argv):
    """Returns a command line of a training in which a network is named.

    Where `--model` is missing, the system, its options and the image's size are those of what
    `--initial_weights` names, if that is a network; all that is given stays as it was given.

    Args:
      argv: the command line, program name first.

    Raises:
      InputError: for initial weights that are damaged.
    """
    source = make_absolute_weights(peek(argv, "initial_weights") or "")
    if not source or peek(argv, "model") is not None:
        return argv
    # A run that goes on needs its initial weights no more: they may be gone.
    own = Workdir(make_absolute(peek(argv, "workdir") or ""))
    options = own.read_options() if os.path.isfile(own.flags) else _find_options(source)
    if options is None:
        return argv
    values = {**vars(options.model), **{name: getattr(options.data, name) for name in _IMAGE}}
    return [*argv[:1], *to_flags(values), *argv[1:]]


def _find_options(place):
    """Returns the `TrainOptions` of a name, a run or an export; None of anything else."""
    named = is_name(place) and WEIGHTS[place].knows_people
    if named or os.path.isfile(Workdir(place).flags):
        return read_options(place)
    if is_name(place) or not os.path.isdir(place) or not os.listdir(place):
        return None
    from tfreid.serving.model_card import read_card  # these load TensorFlow
    from tfreid.serving.versions import find_latest_version

    return TrainOptions.make(read_card(find_latest_version(place))["flags"])
