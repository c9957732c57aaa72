"""Options of a run: where it lives, on what it computes, what it reports."""

import dataclasses
import re

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute, make_absolute_weights


@dataclasses.dataclass(frozen=True)
class RunOptions(Checked):
    """Workdir, devices, precision, checkpoints and logs."""

    workdir: str = option(
        "",
        "Folder of the run. Given again, the run continues.",
        shapes_result=False,
        absolute=make_absolute,
    )
    initial_weights: str = option(
        "",
        "What to start from: a name (`tfreid models`), 'imagenet', a file, or the folder of a run "
        "or an export, whose classifiers start anew; empty: random weights. Without --model the "
        "network is that of the weights, too.",
        absolute=make_absolute_weights,
    )
    freeze_steps: int = option(
        0,
        "Steps at the start in which only what is new learns, such as classifiers: what "
        "--initial_weights brought keeps still.",
        is_new=True,
        minimum=0,
    )
    devices: str = option(
        "one",
        "'one' device, 'gpus' (MirroredStrategy over all) or 'cpus:N' (over N logical CPUs).",
    )
    precision: str = option(
        "float32",
        "Keras mixed-precision policy.",
        choices=("float32", "mixed_float16", "mixed_bfloat16"),
    )
    jit_compile: bool = option(False, "Compile the training step with XLA.")
    deterministic: bool = option(
        True, "Use deterministic kernels, so that an interrupted run ends in the same weights."
    )
    # Ten of SONA-Net's epochs on Market-1501.
    checkpoint_steps: int = option(
        230, "Training steps between two checkpoints.", minimum=1, shapes_result=False
    )
    keep_checkpoints: int = option(3, "Checkpoints to keep.", minimum=1, shapes_result=False)
    log_steps: int = option(
        10, "Training steps between two log lines.", minimum=1, shapes_result=False
    )

    def check(self):
        if self.freeze_steps and not self.initial_weights:
            raise InputError(
                f"freeze_steps={self.freeze_steps}: goes with `initial_weights`, which it keeps "
                "still; give both."
            )
        if not re.fullmatch(r"one|gpus|cpus:[1-9]\d?", self.devices):
            raise InputError(f"devices={self.devices}: give one, gpus or cpus:N with N in 1..99.")
        if self.jit_compile and self.deterministic:
            raise InputError(
                "`jit_compile`: XLA has no deterministic gradient of max pooling; give "
                "deterministic=false with it, or leave it out."
            )
