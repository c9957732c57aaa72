"""Photos whose pixels lie on their side, with a mark (EXIF) that says so."""

import concurrent.futures

from PIL import JpegImagePlugin

from tfreid.data.findings import Finding, tell_number

_ORIENTATION = 0x0112  # EXIF tag; 1 is upright, 2 to 8 are turned or mirrored
_THREADS = 16


def check_orientation(dataset):
    """Returns a finding about JPEGs that viewers show turned, but that are read as they lie."""
    paths = [path for _, split in dataset.splits() for path in split.paths]
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        turned = [path for path, is_one in zip(paths, pool.map(is_turned, paths)) if is_one]
    if not turned:
        return []
    return [
        Finding(
            "warning",
            f"Turned by an EXIF mark, which is ignored here: {tell_number(len(turned), 'image')}; "
            f"the first is {turned[0]}. Turn the pixels themselves, or people lie on their side.",
        )
    ]


def is_turned(path):
    """Returns whether a file is a JPEG with an EXIF orientation other than upright."""
    try:
        with open(path, "rb") as file:
            if file.read(3) != b"\xff\xd8\xff":
                return False
            file.seek(0)
            return JpegImagePlugin.JpegImageFile(file).getexif().get(_ORIENTATION, 1) != 1
    except (OSError, SyntaxError, ValueError):  # what `headers` reports in its own words
        return False
