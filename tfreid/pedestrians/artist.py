"""Draws a share of a data set's pictures to files, also as a process of its own (see `crew`)."""

import json
import os
import sys

from PIL import Image

from tfreid.pedestrians.cameras import CAMERAS
from tfreid.pedestrians.layout import plan_pictures
from tfreid.pedestrians.photograph import take_photograph
from tfreid.pedestrians.settings import SyntheticSettings

CANNOT_WRITE = 3  # exit code


def draw_share(folder, settings, share, shares):
    """Writes every `shares`-th picture, from number `share` on, and yields after each.

    Raises:
      OSError: if a file cannot be written.
    """
    for picture in plan_pictures(settings)[share::shares]:
        pixels = take_photograph(picture.shot, settings.height, settings.width)
        quality = CAMERAS[picture.shot.camera].quality
        Image.fromarray(pixels).save(os.path.join(folder, picture.path), quality=quality)
        yield picture


def main(argv):
    """Draws one share: FOLDER SETTINGS_AS_JSON SHARE SHARES. One line of output per picture."""
    folder, settings, share, shares = argv
    try:
        settings = SyntheticSettings(**json.loads(settings))
        for _ in draw_share(folder, settings, int(share), int(shares)):
            sys.stdout.write("\n")
            sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"{error.strerror or error}\n")
        return CANNOT_WRITE
    return 0
