"""How much is drawn, how large and from which seed: what a drawing is a pure function of."""

import dataclasses
import hashlib
import json

from tfreid.pedestrians.cameras import CAMERAS

VERSION = 2  # raise it whenever the same settings would give other pictures


@dataclasses.dataclass(frozen=True)
class SyntheticSettings:
    """Size of a synthetic data set.

    Attributes:
      train_ids: identities to learn from.
      test_ids: other identities, for query and gallery.
      cameras: number of cameras, the first ones of `CAMERAS`.
      least_cameras: every identity passes at least so many of them.
      images_per_camera: pictures of an identity in a camera that it passes; in the test split one
        of them is the query and the others belong to the gallery.
      distractors: gallery pictures of people who are in no query (pid 0).
      junk: gallery pictures of background or of parts of a body (pid -1).
      height: picture height in pixels.
      width: picture width in pixels.
      seed: of everything random.
    """

    train_ids: int = 320
    test_ids: int = 100
    cameras: int = 6
    least_cameras: int = 4
    images_per_camera: int = 2
    distractors: int = 150
    junk: int = 100
    height: int = 128
    width: int = 64
    seed: int = 0

    def __post_init__(self):
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(f"{name}={value!r}: give an integer of at least {least}.")
        if self.cameras > len(CAMERAS):
            raise ValueError(f"cameras={self.cameras}: at most {len(CAMERAS)} are described.")
        if self.least_cameras > self.cameras:
            raise ValueError(
                f"least_cameras={self.least_cameras}: there are only cameras={self.cameras}."
            )

    def describe(self):
        """Returns a dict that names this drawing: version and settings, ready for JSON."""
        return {"format": "tfreid-synthetic", "version": VERSION, **dataclasses.asdict(self)}

    def fingerprint(self):
        """Returns 12 hexadecimal digits that differ where the pictures would differ."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


_LEAST = {
    "train_ids": 1,
    "test_ids": 1,
    "cameras": 2,
    "least_cameras": 2,
    "images_per_camera": 2,
    "distractors": 0,
    "junk": 0,
    "height": 32,
    "width": 16,
    "seed": 0,
}
