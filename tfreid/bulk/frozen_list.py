"""Which images are in which shard: listed once and kept, so that what comes later moves nothing."""

import json
from typing import NamedTuple

from tfreid.bulk.storage import find_files
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError
from tfreid.shards.description import MODEL
from tfreid.text_files import parse_json

_LIST = "images.json"
_FORM = {"asked": {"images": str, "shard": int}, "images": int, "shards": int}
_LINES = [str, int, float], [str, int, int]  # types of a line's fields
_CURE = "give another `out`"


class Listed(NamedTuple):
    """An image as it was found.

    Attributes:
      path: its name, or address.
      size: bytes.
      seconds: of its last change.
    """

    path: str
    size: int
    seconds: float


class FrozenList:
    """The images of a bulk embedding.

    Attributes:
      images: their number.
      shards: number of shards.
    """

    def __init__(self, storage, images, shards, shard_images):
        self._storage, self.images, self.shards = storage, images, shards
        self._shard_images = shard_images

    def read(self, shard):
        """Returns [`Listed`, ...] of a shard."""
        lines = self._storage.read(_name(shard)).decode("utf-8", "surrogateescape").splitlines()
        name = self._storage.name(_name(shard))
        promised = min(self._shard_images, self.images - shard * self._shard_images)
        if len(lines) != promised:
            raise InputError(f"{name}: has {len(lines)} lines of {promised}; {_CURE}.")
        return [Listed(*_read_line(line, name)) for line in lines]


def freeze(storage, pattern, shard_images):
    """Returns the `FrozenList` of a folder of shards, which is made where there is none yet.

    Raises:
      InputError: where nothing matches, or the list was made of another pattern.
    """
    asked = {"images": pattern, "shard": shard_images}
    if not storage.exists(_LIST):
        if storage.exists(MODEL):  # another list would give its shards other images
            raise InputError(f"{storage.name(_LIST)}: is not there; {_CURE}.")
        _write(storage, pattern, shard_images, asked)
    fields = parse_json(storage.read(_LIST), storage.name(_LIST), _CURE, _FORM)
    found = fields["asked"]
    if found != asked:
        raise InputError(
            f"out={storage.folder}: was begun with images={found['images']} and "
            f"shard={found['shard']}; give these again, or another `out`."
        )
    return FrozenList(storage, fields["images"], fields["shards"], shard_images)


def _read_line(line, name):
    listed = parse_json(line, name, _CURE, list)
    if list(map(type, listed)) not in _LINES:
        raise InputError(f"{name}: is damaged ({line[:60]}); {_CURE}.")
    return listed


def _write(storage, pattern, shard_images, asked):
    """Writes the lists of the shards, and last the file that says that they are all there."""
    # `find_files` sorts by name, so that two first runs at once list alike.
    found = [file for file in find_files(pattern) if file[0].lower().endswith(IMAGE_SUFFIXES)]
    if not found:
        raise InputError(
            f"images={pattern}: matches no {', '.join(IMAGE_SUFFIXES)} file; ** goes through "
            "folders, as in 'photos/**'."
        )
    starts = range(0, len(found), shard_images)
    for shard, start in enumerate(starts):
        lines = [json.dumps(file) + "\n" for file in found[start : start + shard_images]]
        storage.write_text(_name(shard), "".join(lines))
    fields = {"asked": asked, "images": len(found), "shards": len(starts)}
    storage.write_text(_LIST, json.dumps(fields) + "\n")


def _name(shard):
    return f"images-{shard:06}.jsonl"
