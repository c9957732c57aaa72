"""The files of checkpoints: which are complete, and whether they are as they were written.

Of step 18 there are step-18.index, step-18.data-* and step-18.sha256, which comes last: it says
that the others are complete, and is what `sha256sum -c` reads. TensorFlow's list `checkpoint` says
the same; it is all there is of checkpoints from before there were sums.
"""

import glob
import os
import re

from tfreid.errors import InputError
from tfreid.files import UNREADABLE, check_sha256, compute_sha256, may_be_whole, write_text
from tfreid.text_files import MOST_BYTES, read_bytes

_LIST = "checkpoint"
_SUMS = ".sha256"
_STEP = "step-(0|[1-9][0-9]{0,17})"  # step-07 is somebody's copy, and no step 7
# The list is a text protobuf; a damaged one shall still give what it can.
_LISTED = re.compile(f'checkpoint_paths?: "(?:[^"]*/)?{_STEP}"')
_SUMMED = re.compile(rf"{_STEP}\.sha256")
_SUM = re.compile(r"([0-9a-f]{64})  (step-[0-9]+\.[\w.-]+)")


def name_checkpoint(folder, step):
    """Returns the path that begins the names of a checkpoint's files."""
    return os.path.join(folder, f"step-{step}")


def read_step(path):
    """Returns the step in a checkpoint's name."""
    return int(path.rsplit("-", 1)[1])


def list_steps(folder):
    """Returns the steps of all checkpoints that were completed, in order."""
    names = map(os.path.basename, _match(folder, f"step-*{_SUMS}"))
    summed = [int(found[1]) for found in map(_SUMMED.fullmatch, names) if found]
    listed = [step for step in _read_list(folder) if _find_files(name_checkpoint(folder, step))]
    return sorted({*summed, *listed})


def find_checkpoint(folder, step=None):
    """Returns the path of a step's checkpoint, or of the latest one; None without any.

    Raises:
      InputError: where that step is not there, or none of those that were written, or nothing says
        which of them are complete.
    """
    steps = list_steps(folder)
    if not steps:
        _refuse_to_forget(folder)
    if step is None:
        return name_checkpoint(folder, steps[-1]) if steps else None
    if step in steps:
        return name_checkpoint(folder, step)
    held = ", ".join(map(str, steps)) or "none"
    raise InputError(f"step={step}: {folder} holds the steps {held}; give one of them.")


def write_list(folder, steps):
    """Writes TensorFlow's list of checkpoints, the latest of which is the last of `steps`."""
    lines = [f'model_checkpoint_path: "step-{steps[-1]}"']
    lines += [f'all_model_checkpoint_paths: "step-{step}"' for step in steps]
    write_text(os.path.join(folder, _LIST), "\n".join(lines) + "\n")


def write_sums(path):
    """Writes down what the files of a checkpoint are: from now on it is complete."""
    lines = [f"{compute_sha256(file)}  {os.path.basename(file)}\n" for file in _find_files(path)]
    write_text(path + _SUMS, "".join(lines))


def check_sums(path):
    """Returns whether a checkpoint is known to be as it was written; False without its sums.

    Raises:
      InputError: where it is not, or cannot be read.
    """
    sums = {name: digest for digest, name in _SUM.findall(_read(path + _SUMS))}
    steps = {read_step(name.partition(".")[0]) for name in sums}
    if len(steps) == 1:
        check_step(path, *steps)
    reason = f"is damaged, its SHA-256 is not that in {os.path.basename(path)}{_SUMS}"
    for name, digest in sums.items():
        file = os.path.join(os.path.dirname(path), name)
        check_sha256(file, digest, reason, f".{advise(path)}")
    return set(sums) == set(map(os.path.basename, _find_files(path)))


def check_step(path, own):
    """Raises `InputError` where a checkpoint of step `own` has the name of another."""
    if read_step(path) != own:
        raise InputError(
            f"{path}: is step {own} under another name; give its files their own again, "
            f"step-{own}.*, or move them elsewhere."
        )


def advise(path):
    """Returns how to go on without a checkpoint, where one before it is there."""
    before = [step for step in list_steps(os.path.dirname(path)) if step < read_step(path)]
    return f" To use that of step {before[-1]}, move {path}.* elsewhere." if before else ""


def _read_list(folder):
    """Returns the steps that the list names, whatever else a damaged one holds."""
    return [int(step) for step in _LISTED.findall(_read(os.path.join(folder, _LIST)))]


def _read(path):
    """Returns the text of a file, a damaged one's, too; "" where it is missing."""
    try:
        return read_bytes(path, MOST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        cure = UNREADABLE if may_be_whole(error) else "no run wrote it so: move it elsewhere"
        raise InputError(f"{path}: cannot be read ({reason}); {cure}.") from error


def _refuse_to_forget(folder):
    """Raises `InputError` where something was trained, though nothing says that it is complete.

    Of step 0 a process that was killed at once may leave parts: nothing is lost by starting anew.
    """
    listed = sorted({*_read_list(folder)})
    if listed:
        names = ", ".join(f"step-{step}" for step in listed)
        raise InputError(
            f"{folder}: the checkpoints that were written here are gone ({names}); bring them "
            "back, or give another `workdir`."
        )
    found = re.compile(rf"{_STEP}\.index").fullmatch
    names = map(found, map(os.path.basename, _match(folder, "step-*.index")))
    there = sorted(int(name[1]) for name in names if name)
    # More than step 0: its loss would cost a training.
    if any(there):
        raise InputError(
            f"{os.path.join(folder, _LIST)}: this list of checkpoints is missing or damaged; to go "
            f'on from step N write the line model_checkpoint_path: "step-N" into it. There are '
            f"{', '.join(map(str, there))}."
        )


def _find_files(path):
    folder, name = os.path.split(path)
    return sorted([*_match(folder, f"{name}.index"), *_match(folder, f"{name}.data-*")])


def _match(folder, pattern):
    return glob.glob(os.path.join(glob.escape(folder), pattern))
