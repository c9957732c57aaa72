"""Options: frozen dataclasses, their checks, and the command line made from them."""

from tfreid.options.data import DATASETS, AugmentOptions, DataOptions
from tfreid.options.flags import describe, parse, read_flagfile, to_flagfile
from tfreid.options.learning import LearningOptions
from tfreid.options.model import ModelOptions
from tfreid.options.run import EvaluationOptions, RunOptions

TRAIN_GROUPS = (
    DataOptions,
    AugmentOptions,
    ModelOptions,
    LearningOptions,
    RunOptions,
    EvaluationOptions,
)
