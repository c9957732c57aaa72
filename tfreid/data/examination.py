"""Which files are not the images that their names promise, and what else one look at them tells."""

import concurrent.futures
import dataclasses
import hashlib
import io

import numpy as np
import tensorflow as tf
from PIL import JpegImagePlugin, PngImagePlugin

from tfreid.data.likeness import shrink
from tfreid.data.transforms import decode_image
from tfreid.errors import InputError
from tfreid.file_kinds import NUM_BYTES, describe_start
from tfreid.files import open_regular
from tfreid.progress import Progress

MAX_PIXELS = 25_000_000  # 75 MB decoded; pictures of one person have some 10,000
MAX_SIDE = 16_384  # a ribbon of few pixels would still take gigabytes to resize
_THREADS = 16
# How files begin. Pillow's classes are taken by hand: `Image.open` limits sizes by its own rules.
_FORMATS = {
    b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile,
}
_ORIENTATION = 0x0112  # EXIF tag; 1 is upright, 2 to 8 are turned or mirrored


@dataclasses.dataclass(frozen=True)
class Examination:
    """What one look at a whole file tells.

    Attributes:
      fault: why it cannot be used, in words; None if it can.
      digest: hash of its bytes; None if it is empty or cannot be read.
      is_turned: whether viewers show it turned or mirrored, by an EXIF mark that is ignored here.
      likeness: uint8[LENGTH], see `likeness`; None where it cannot be decoded.
    """

    fault: str | None
    digest: bytes | None = None
    is_turned: bool = False
    likeness: np.ndarray | None = None


def examine(path):
    """Reads a file once and returns its `Examination`; decoded as training does."""
    try:
        with open_regular(path) as file:
            contents = file.read()
    except OSError as error:
        return Examination(_explain_open_error(error))
    fault, likeness = find_content_fault(contents), None
    if not fault:
        fault, likeness = _decode(contents)
    return Examination(
        fault,
        hashlib.blake2b(contents, digest_size=16).digest() if contents else None,
        _is_turned(contents),
        likeness,
    )


def examine_all(paths):
    """Returns {path: its `Examination`}."""
    paths = list(dict.fromkeys(paths))
    return dict(zip(paths, _map(examine, paths, "Examining images")))


def check_headers(split):
    """Raises `InputError` naming the first file of a `Split` that is no usable image.

    Reads each file's header only: a text file named .jpg and an image of 20,000 x 20,000 pixels are
    found, a truncated JPEG is not.
    """
    faults = find_broken_headers(split.paths)
    if faults:
        raise _tell(faults)


def find_broken_headers(paths):
    """Returns [(path, reason in words)] of files whose header is not that of a usable image."""
    faults = _map(find_header_fault, paths, "Reading image headers")
    return [(path, fault) for path, fault in zip(paths, faults) if fault]


def find_unreadable(paths):
    """Decodes every file completely, with the decoder that training uses.

    Args:
      paths: file names.

    Returns:
      [(path, reason in words)] of those that cannot be read, in the order of `paths`.
    """
    examined = examine_all(paths)
    return [(path, examined[path].fault) for path in paths if examined[path].fault]


def explain_read_error(paths):
    """Returns an `InputError` that names the file at fault, after tf.data failed on one of them.

    Returns None if all of the files can be read, so that the fault lies elsewhere.
    """
    faults = find_unreadable(paths)
    return _tell(faults) if faults else None


def find_header_fault(path):
    """Returns why a file cannot be an image, judged by its first bytes; None if it can."""
    try:
        with open_regular(path) as file:
            return _judge_header(file)
    except OSError as error:
        return _explain_open_error(error)


def find_content_fault(contents):
    """Returns why bytes cannot be an image, judged by the first of them; None if they can."""
    return _judge_header(io.BytesIO(contents))


def _decode(contents):
    """Returns (why an image cannot be decoded or None, what it is like or None)."""
    try:
        with tf.device("CPU:0"):
            image = decode_image(tf.constant(contents))
            return None, shrink(image[tf.newaxis])[0].numpy()
    except tf.errors.OpError as error:
        return f"damaged or cut off ({shorten_decoder_error(error)})", None


def _explain_open_error(error):
    if isinstance(error, FileNotFoundError):
        return "the file is not there (any more)"
    return f"cannot be read: {error.strerror or error}"


def _judge_header(file):
    start = file.read(NUM_BYTES)
    file.seek(0)
    if not start:
        return "the file is empty"
    for magic, image_class in _FORMATS.items():
        if start.startswith(magic):
            try:
                return judge_size(*image_class(file).size)
            except (SyntaxError, ValueError, OSError) as error:  # how Pillow says it is broken
                return f"broken image header ({error})"
    kind = describe_start(start)
    suffix = "whatever its name says"
    return f"{kind}, not JPEG or PNG, {suffix}" if kind else f"neither JPEG nor PNG, {suffix}"


def _is_turned(contents):
    for magic, image_class in _FORMATS.items():
        if contents.startswith(magic):
            try:
                image = image_class(io.BytesIO(contents))
                # A PNG's mark is looked for before its pixels: Pillow would decode them to go on.
                has_mark = "exif" in image.info or image.format == "JPEG"
                return has_mark and image.getexif().get(_ORIENTATION, 1) != 1
            except (OSError, SyntaxError, ValueError):  # told as the file's fault
                return False
    return False


def judge_size(width, height):
    """Returns why an image of so many pixels cannot be used; None if it can."""
    if width * height > MAX_PIXELS:
        limit = f"more than the {MAX_PIXELS:,}"
    elif max(width, height) > MAX_SIDE:
        limit = f"a side longer than the {MAX_SIDE:,}"
    else:
        return None
    return f"{width} x {height} pixels, {limit} that are allowed; cut the person out or shrink it"


def shorten_decoder_error(error):
    """Returns a `tf.errors.OpError`'s message without the names of nodes and ops around it."""
    return error.message.split("}} ")[-1].split(" [Op:")[0].split("\n")[0].rstrip(".")


def _map(function, paths, title):
    """Yields what a function returns for each path, computed by several threads."""
    progress = Progress(title, len(paths))
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        for result in pool.map(function, paths):
            progress.advance()
            yield result


def _tell(faults):
    path, reason = faults[0]
    more = f" {len(faults) - 1:,} more cannot be read either." if len(faults) > 1 else ""
    return InputError(f"{path}: {reason}; repair or remove it.{more}")
