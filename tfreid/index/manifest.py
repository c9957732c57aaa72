"""The manifest: which files make up an index. It is replaced whole, so an index is old or new."""

import dataclasses
import json
import os
from typing import Optional

from tfreid.errors import InputError
from tfreid.index.durable import write_file

NAME = "manifest.json"
FORMAT, VERSION = "tfreid.index", 1


@dataclasses.dataclass(frozen=True)
class Manifest:
    """One state of an index.

    Attributes:
      model: {"system", "fingerprint", "name"} of the model whose features these are.
      generation: number of this state, one more with each.
      next_id: the number that the next image gets.
      next_segment: the number that the next segment gets.
      columns: {column: {"dtype", "shape" of one image's}}; empty before the first image.
      segments: ({"name", "rows", "bytes": {file: size}}, ...), oldest first.
      removed: {"name", "bytes", "count"} of the file of removed ids that are still in segments;
        None for none.
      approximate: {"ivf" or "hnsw": {"name", "bytes": {file: size}}}: see `approximate`.
      calibration: what `calibration.Calibration.to_json` returns; None before the first.
    """

    model: dict
    generation: int = 0
    next_id: int = 1
    next_segment: int = 1
    columns: dict = dataclasses.field(default_factory=dict)
    segments: tuple = ()
    removed: Optional[dict] = None
    approximate: dict = dataclasses.field(default_factory=dict)
    calibration: Optional[dict] = None

    def change(self, **fields):
        """Returns the next state, with some fields changed."""
        return dataclasses.replace(self, generation=self.generation + 1, **fields)


def write_manifest(folder, manifest):
    """Makes a state the index's state."""
    fields = {"format": FORMAT, "version": VERSION, **dataclasses.asdict(manifest)}
    text = json.dumps(fields, indent=1)
    write_file(os.path.join(folder, NAME), [text.encode("ascii")])


def read_manifest(folder):
    """Returns the index's state; None where the folder is missing or empty, so a new index may be.

    Raises:
      InputError: if the folder holds something else, or its manifest is damaged or newer.
    """
    path = os.path.join(folder, NAME)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        _check_new(folder, path)
        return None
    except NotADirectoryError as error:
        raise InputError(f"--index={folder}: a file, or below one; give a folder.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        return _parse(path, json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: damaged or cut off ({error}); bring it back from a copy of the index, or "
            "remove the folder and add the images again."
        ) from error


def _parse(path, fields):
    if fields.pop("format") != FORMAT:
        raise ValueError("not a manifest of an index")
    version = fields.pop("version")
    if version != VERSION:
        raise InputError(
            f"{path}: of version {version}, but this program reads {VERSION}; use the program that "
            "wrote it, or make a new index."
        )
    manifest = Manifest(**{**fields, "segments": tuple(fields["segments"])})
    for name in ("generation", "next_id", "next_segment"):
        if not isinstance(getattr(manifest, name), int):
            raise ValueError(f"{name} is not a number")
    for segment in manifest.segments:
        if not isinstance(segment["rows"], int) or not isinstance(segment["bytes"], dict):
            raise ValueError(f"segment {segment['name']}")
    if {"fingerprint", "system", "name"} - set(manifest.model):
        raise ValueError("the model is not told")
    return manifest


def _check_new(folder, path):
    """Raises unless an index can begin in a folder."""
    if not os.path.lexists(folder):
        return
    names = sorted(set(os.listdir(folder)) - {"lock", f"{NAME}.tmp"})
    if "segments" in names:
        raise InputError(
            f"{path}: missing, though there are segments beside; bring it back from a copy of the "
            "index, or remove the folder and add the images again."
        )
    if names:
        raise InputError(
            f"--index={folder}: holds no index, but {names[0]}; give a new folder or an index."
        )
