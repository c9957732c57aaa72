"""The folder of `--out`: one table, scale and data; one command at a time."""

import contextlib
import json
import os

from tfreid.errors import InputError
from tfreid.files import hold_lock, write_text

_SETTINGS, _LOCK = "settings.json", ".lock"


@contextlib.contextmanager
def claim_folder(path, settings):
    """Keeps a folder for this command, as long as the context lasts.

    Args:
      path: `--out`; made if absent.
      settings: {name: value} that all commands on this folder share, ready for JSON.

    Raises:
      InputError: where another command works there, other settings or other files live there.
    """
    _make(path)
    busy = f"out={path}: another command works there; wait for it, or give another `out`."
    with hold_lock(os.path.join(path, _LOCK), busy):
        _compare(path, settings)
        write_text(os.path.join(path, _SETTINGS), json.dumps(settings, indent=2) + "\n")
        yield


def _make(path):
    try:
        os.makedirs(path, exist_ok=True)
        others = set(os.listdir(path)) - {_LOCK}
    except OSError as error:
        raise InputError(
            f"out={path}: cannot be made ({error.strerror}); give a folder that can be written."
        ) from error
    if others and _SETTINGS not in others:
        raise InputError(
            f"out={path}: holds other things, {min(others)} for one; give a new folder."
        )
    if not os.access(path, os.W_OK):
        raise InputError(f"out={path}: cannot be written; give another folder.")


def _compare(path, settings):
    before = _read(os.path.join(path, _SETTINGS))
    if before is None:
        return
    differing = [
        f"{name} {_tell(before.get(name))} (now {_tell(value)})"
        for name, value in settings.items()
        if before.get(name) != value
    ]
    if differing:
        raise InputError(
            f"out={path}: was started with {', '.join(differing)}; give the same, or another `out`."
        )


def _read(path):
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError):
        settings = None
    if not isinstance(settings, dict):
        raise InputError(f"{path}: is damaged; give another `out`, or delete its folder.")
    return settings


def _tell(value):
    return value if value and isinstance(value, str) else json.dumps(value)
