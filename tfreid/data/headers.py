"""Which files are not the images that their names promise."""

import concurrent.futures
import io

import tensorflow as tf
from PIL import JpegImagePlugin, PngImagePlugin

from tfreid.data.transforms import decode_image
from tfreid.errors import InputError
from tfreid.progress import Progress

MAX_PIXELS = 25_000_000  # 75 MB decoded; pictures of one person have some 10,000
MAX_SIDE = 16_384  # a ribbon of few pixels would still take gigabytes to resize
_THREADS = 16
# How files begin. Pillow's classes are taken by hand: `Image.open` limits sizes by its own rules.
_FORMATS = {
    b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile,
}
_OTHERS = {b"GIF8": "a GIF", b"BM": "a BMP", b"RIFF": "a WebP", b"II*\0": "a TIFF", b"PK": "a ZIP"}


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
    return _find_faults(find_header_fault, paths, "Reading image headers")


def find_unreadable(paths):
    """Decodes every file completely, with the decoder that training uses.

    Args:
      paths: file names.

    Returns:
      [(path, reason in words)] of those that cannot be read, in the order of `paths`.
    """
    return _find_faults(find_fault, paths, "Decoding images")


def explain_read_error(paths):
    """Returns an `InputError` that names the file at fault, after tf.data failed on one of them.

    Returns None if all of the files can be read, so that the fault lies elsewhere.
    """
    faults = find_unreadable(paths)
    return _tell(faults) if faults else None


def find_header_fault(path):
    """Returns why a file cannot be an image, judged by its first bytes; None if it can."""
    try:
        with open(path, "rb") as file:
            return _judge_header(file)
    except FileNotFoundError:
        return "the file is not there (any more)"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def find_content_fault(contents):
    """Returns why bytes cannot be an image, judged by the first of them; None if they can."""
    return _judge_header(io.BytesIO(contents))


def find_fault(path):
    """Returns why a file cannot be decoded; None if it can."""
    fault = find_header_fault(path)
    if fault:
        return fault
    try:
        with tf.device("CPU:0"):
            decode_image(tf.io.read_file(path))
    except tf.errors.OpError as error:
        return f"damaged or cut off ({shorten_decoder_error(error)})"
    return None


def _judge_header(file):
    start = file.read(8)
    file.seek(0)
    if not start:
        return "the file is empty"
    for magic, image_class in _FORMATS.items():
        if start.startswith(magic):
            try:
                return judge_size(*image_class(file).size)
            except (SyntaxError, ValueError, OSError) as error:  # how Pillow says it is broken
                return f"broken image header ({error})"
    for magic, kind in _OTHERS.items():
        if start.startswith(magic):
            return f"{kind} file, not JPEG or PNG, whatever its name says"
    return "neither JPEG nor PNG, whatever its name says"


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


def _find_faults(find, paths, title):
    progress = Progress(title, len(paths))
    faults = []
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        for path, fault in zip(paths, pool.map(find, paths)):
            progress.advance()
            if fault:
                faults.append((path, fault))
    return faults


def _tell(faults):
    path, reason = faults[0]
    more = f" {len(faults) - 1:,} more cannot be read either." if len(faults) > 1 else ""
    return InputError(f"{path}: {reason}; repair or remove it.{more}")
