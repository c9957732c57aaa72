"""The version folders of an export, as TF Serving reads them: E/1, E/2, ..."""

import contextlib
import os
import re
import shutil

from tfreid.errors import InputError
from tfreid.files import flush, write_folder
from tfreid.locks import hold_folder
from tfreid.runs.learned import NAME, read_learned
from tfreid.runs.workdir import Workdir

_MODEL = "saved_model.pb"
_LEARNED = os.path.join("assets", NAME)
# The weights as they were learned, in float16: a server folds batch norm and cannot go on learning.
EXTRA = "assets.extra"  # warm-up requests, and weights to go on learning from
WEIGHTS_TO_LEARN_FROM = os.path.join(EXTRA, "weights.safetensors")


def find_latest_version(folder):
    """Returns the version folder that TF Serving would serve.

    Args:
      folder: an export folder, or one of its versions.

    Raises:
      InputError: for a folder that is not there, or into which no model was exported.
    """
    if os.path.isfile(os.path.join(folder, _MODEL)):
        return folder
    if not os.path.isdir(folder):
        raise InputError(f"{folder or repr(folder)}: there is no such folder; check the name.")
    versions = [
        version
        for version in _list_versions(folder)
        if os.path.isfile(os.path.join(folder, str(version), _MODEL))
    ]
    if not versions:
        raise InputError(
            f"{folder}: holds neither a run (flags.cfg) nor an exported model (1/{_MODEL}); give a "
            "workdir or an export folder."
        )
    # As numbers: as text, 9 would come after 10.
    return os.path.join(folder, str(max(versions)))


def find_learned(place):
    """Returns the `Learned` of a run or an export; None where it is not known."""
    workdir = Workdir(place)
    if os.path.isfile(workdir.flags):
        return read_learned(workdir.learned)
    try:
        return read_learned(os.path.join(find_latest_version(place), _LEARNED))
    except InputError:  # a name, or a file
        return None


def copy_learned(place, version):
    """Copies what a run knows of its training images into a version folder, if it does."""
    path = Workdir(place).learned
    if os.path.isfile(path):
        os.makedirs(os.path.join(version, os.path.dirname(_LEARNED)), exist_ok=True)
        shutil.copyfile(path, os.path.join(version, _LEARNED))


def write_version(folder, fill):
    """Makes the next version of an export.

    It is filled aside, then renamed to the number after the greatest one; where filling fails or
    the process is killed, no version appears. One process at a time.

    Args:
      folder: the export folder; made where missing.
      fill: function that fills the empty folder whose name it is given.

    Returns:
      The new version folder.

    Raises:
      InputError: where it cannot be written, or another process is exporting there.
    """
    with hold_export(folder):
        version = os.path.join(folder, str(max(_list_versions(folder), default=0) + 1))
        # TF Serving only looks at names that are numbers, not at what lies aside. Nobody else is at
        # work: what lies there is left over.
        write_folder(version, lambda aside: _fill(aside, fill), os.path.isdir, 0)
        return version


@contextlib.contextmanager
def hold_export(folder, *lock):
    """Holds an export folder, made where missing: one process at a time; `lock` as `hold_folder`.

    Raises:
      InputError: where it cannot be written, or another process is exporting there.
    """
    busy = f"export_dir={folder}: another process is exporting there; wait for it."
    try:
        with hold_folder(folder, busy, *lock):
            yield
    except OSError as error:
        raise InputError(
            f"export_dir={folder}: cannot be written ({error.strerror or error}); give a "
            "folder that can be written, on a disk with room."
        ) from error


def _fill(aside, fill):
    """Fills, and flushes: a rename may survive a power cut that files' contents do not."""
    fill(aside)
    for root, _, names in os.walk(aside):
        for path in (*(os.path.join(root, name) for name in names), root):
            flush(path)


def _list_versions(folder):
    # Not isdigit, which takes digits of other scripts, too.
    return [int(name) for name in os.listdir(folder) if re.fullmatch("[0-9]+", name)]
