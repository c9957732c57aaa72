"""The systems of `--model`, and the options that each of them has."""

from tfreid.errors import InputError
from tfreid.options.data import AugmentOptions, DataOptions, KvmMnAugmentOptions, KvmMnDataOptions
from tfreid.options.flags import peek
from tfreid.options.kvm_mn import KvmMnOptions
from tfreid.options.learning import IdentityLearningOptions
from tfreid.options.pair_scoring import PairScoringOptions
from tfreid.options.run import EvaluationOptions, RunOptions
from tfreid.options.setwise import SetwiseLearningOptions
from tfreid.options.sona_net import SonaNetOptions

SONA_NET, KVM_MN = "sona_net", "kvm_mn"

# In the order of `TrainOptions`: data, augment, model, learning, run, evaluation.
SYSTEMS = {
    SONA_NET: (
        DataOptions,
        AugmentOptions,
        SonaNetOptions,
        IdentityLearningOptions,
        RunOptions,
        EvaluationOptions,
    ),
    KVM_MN: (
        KvmMnDataOptions,
        KvmMnAugmentOptions,
        KvmMnOptions,
        SetwiseLearningOptions,
        RunOptions,
        PairScoringOptions,
    ),
}

TRAIN_GROUPS = tuple(dict.fromkeys(group for groups in SYSTEMS.values() for group in groups))


def find_system(argv):
    """Returns the options classes of the system that a command line or its flagfile names.

    Args:
      argv: the command line, program name first.

    Raises:
      InputError: for an unknown `--model`.
    """
    name = peek(argv, "model") or SONA_NET
    if name not in SYSTEMS:
        raise InputError(f"--model={name}: allowed values are {', '.join(SYSTEMS)}.")
    return SYSTEMS[name]
