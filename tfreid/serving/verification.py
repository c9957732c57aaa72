"""Whether an exported model, loaded by a stranger, says what the model in memory says."""

import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.files import name_plainly
from tfreid.serving import fresh_process

# Largest difference, in units of the largest number of an answer: folded batch norm rounds
# otherwise. In mixed precision nothing is folded, but what rounds differently rounds more coarsely.
TOLERANCES = {"float32": 1e-4, "mixed_float16": 1e-3, "mixed_bfloat16": 1e-3}


def verify(version, expected, requests, tolerance):
    """Answers requests by an exported model in a fresh process, and compares.

    Args:
      version: the version folder.
      expected: list of answers, {output: numpy array}, one for each request.
      requests: as of `make_requests`.
      tolerance: largest difference allowed, in units of the largest number of an answer.

    Returns:
      The largest difference found, in these units.

    Raises:
      InputError: where the process fails or an answer differs.
    """
    worst = 0.0
    for (signature, _), wanted, answer in zip(requests, expected, _answer(version, requests)):
        for name, value in wanted.items():
            difference = compare(value, answer[name])
            worst = max(worst, difference)
            if not difference <= tolerance:
                raise InputError(
                    f"{version}: after loading, {signature}/{name} differs from the network's by "
                    f"{difference:.2g} of its largest value (allowed: {tolerance:.2g}); nothing "
                    "was exported."
                )
    return worst


def compare(wanted, found):
    """Returns the largest difference in units of the largest wanted number; inf for NaN."""
    wanted, found = (np.asarray(side, np.float64) for side in (wanted, found))
    if wanted.shape != found.shape:
        return np.inf
    # Answers that are all zeros are compared, too.
    difference = np.abs(wanted - found).max(initial=0) / max(np.abs(wanted).max(initial=0), 1e-30)
    return float(np.nan_to_num(difference, nan=np.inf))


def _answer(version, requests):
    # Beside the version, whose next writer tidies up after a kill.
    with tempfile.TemporaryDirectory(dir=os.path.dirname(version)) as folder:
        asked, answered = (os.path.join(folder, f"{name}.npz") for name in ("asked", "answered"))
        np.savez(asked, **_flatten(requests))
        # A copy: Python would take other files of this package for modules of their names.
        _run(shutil.copy(fresh_process.__file__, folder), version, asked, answered)
        with np.load(answered) as arrays:
            return _unflatten(arrays, len(requests))


def _run(program, version, *files):
    with name_plainly(os.path.join(version, "")) as plain:
        command = [sys.executable, program, plain, *files]
        done = subprocess.run(command, capture_output=True, text=True, env=_make_environment())
    if done.returncode:
        reason = " ".join((done.stderr.strip().splitlines() or ["it was killed"])[-1].split())
        raise InputError(
            f"{version}: cannot be loaded by a fresh process ({reason[:300]}); nothing was "
            "exported."
        )


def _make_environment():
    """The device of this process, and no chatter."""
    devices = {} if tf.config.get_visible_devices("GPU") else {"CUDA_VISIBLE_DEVICES": ""}
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **devices}


def _flatten(requests):
    return {
        f"{number}/{signature}/{name}": value
        for number, (signature, inputs) in enumerate(requests)
        for name, value in inputs.items()
    }


def _unflatten(arrays, count):
    answers = [{} for _ in range(count)]
    for name in arrays.files:
        number, _, key = name.split("/")
        answers[int(number)][key] = arrays[name]
    return answers
