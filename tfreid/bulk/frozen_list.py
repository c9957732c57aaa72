"""Which images are in which shard: listed once and kept, so that what comes later moves nothing."""

import json
from typing import NamedTuple

from tfreid.bulk.storage import find_files
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError

_LIST = "images.json"


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

    def __init__(self, storage, images, shards):
        self._storage, self.images, self.shards = storage, images, shards

    def read(self, shard):
        """Returns [`Listed`, ...] of a shard."""
        lines = self._storage.read(_name(shard)).decode("utf-8", "surrogateescape").splitlines()
        return [Listed(*json.loads(line)) for line in lines]


def freeze(storage, pattern, shard_images):
    """Returns the `FrozenList` of a folder of shards, which is made where there is none yet.

    Raises:
      InputError: where nothing matches, or the list was made of another pattern.
    """
    asked = {"images": pattern, "shard": shard_images}
    if not storage.exists(_LIST):
        _write(storage, pattern, shard_images, asked)
    try:
        fields = json.loads(storage.read(_LIST))
        found, counts = fields["asked"], (fields["images"], fields["shards"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{storage.name(_LIST)}: is damaged; remove it.") from error
    if found != asked:
        raise InputError(
            f"out={storage.folder}: was begun with images={found['images']} and "
            f"shard={found['shard']}; give these again, or another `out`."
        )
    return FrozenList(storage, *counts)


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
