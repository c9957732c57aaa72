"""Image files, opened without waiting for ever and decoded without taking all memory."""

import contextlib
import threading

import numpy as np
import tensorflow as tf

from tfreid.data.image_headers import read_header
from tfreid.data.oddities import NARROW, TINY, judge_alpha, judge_colors, judge_depth
from tfreid.data.transforms import decode_image
from tfreid.patience import HANGING, PATIENCE, pause

LARGE_PIXELS, LARGE_SIDE = 1_000_000, 2_048  # beyond, an image takes megabytes by the dozen
LARGE_AT_ONCE = 2  # of 25 megapixels each takes up to 0.4 GB while it is decoded
_FEW_BYTES = 2**22  # of a file that is read before others have been decoded
_SMALL_BYTES = 2**18  # of a file that may wait to be decoded with others
_LOOKED_AT = 1024  # rows and columns, for the levels that are used
_LARGE = threading.BoundedSemaphore(LARGE_AT_ONCE)
_HUGE_BYTES = 2**25  # of 16 bits a channel, which take up to 0.6 GB
_HUGE = threading.BoundedSemaphore(1)


@contextlib.contextmanager
def make_room(width, height, num_bytes=0):
    """Waits, for a large image, until few enough others are in memory; not to be nested."""
    if not _is_large(width, height, num_bytes):
        yield
        return
    with contextlib.ExitStack() as stack:
        for gate in (_HUGE, _LARGE) if num_bytes > _HUGE_BYTES else (_LARGE,):
            with pause():
                if not gate.acquire(timeout=10 * PATIENCE):
                    raise OSError(HANGING)
            stack.callback(gate.release)
        yield


def _is_large(width, height, num_bytes):
    return max(width * height, num_bytes / 3) > LARGE_PIXELS or max(width, height) > LARGE_SIDE


def read_plain(file):
    """Returns (bytes, `Header`) of an image that may be decoded beside others, and at one look.

    None of one that takes much room, has alpha or 16 bits; raises as `read_pixels`.
    """
    header, num_bytes = read_header(file), file.seek(0, 2)
    file.seek(0)
    if header.has_alpha or header.is_deep or _is_large(header.width, header.height, num_bytes):
        return None
    return (file.read(), header) if num_bytes <= _SMALL_BYTES else None


def read_pixels(file, shrink):
    """Decodes an image as training does.

    Args:
      file: open for reading bytes.
      shrink: function from uint8[h, w, 3] to what is wanted of it, which is called while other
        large images wait.

    Returns:
      (uint8[..., ..., 3], kinds of `oddities` that the image is of).

    Raises:
      ValueError: why it is no image that can be used, in words.
    """
    header, num_bytes = read_header(file), file.seek(0, 2)
    file.seek(0)
    # Before it has room, where it may: a file that hangs would keep that from the others.
    contents = file.read() if num_bytes <= _FEW_BYTES else None
    with make_room(header.width, header.height, num_bytes):
        contents = file.read() if contents is None else contents
        try:
            with pause():
                pixels = shrink(decode_image(contents, header.orientation)).numpy()
                kinds = [*header.oddities, *_look_deeper(header, contents)]
        except tf.errors.OpError as error:
            reason = shorten_decoder_error(error)
            raise ValueError(f"damaged or cut off ({reason})") from error
        return pixels, list_kinds(kinds, pixels)


def list_kinds(kinds, pixels):
    """Returns the kinds that an image is of, with what its pixels uint8[h, w, 3] tell."""
    kinds = [kind for kind in kinds if kind]
    is_told = TINY in kinds or NARROW in kinds
    return tuple(kinds) if is_told else (*kinds, *filter(None, [judge_colors(pixels)]))


def _look_deeper(header, contents):
    """Returns what is lost of an image of 16 bits, or one that may be transparent."""
    if not header.has_alpha and not header.is_deep:
        return []
    dtype = tf.uint16 if header.is_deep else tf.uint8
    decoded = tf.io.decode_png(contents, channels=4, dtype=dtype)
    values = np.asarray(memoryview(decoded))  # no copy, of up to 200 MB
    some = values[:: values.shape[0] // _LOOKED_AT + 1, :: values.shape[1] // _LOOKED_AT + 1, :3]
    return [judge_alpha(values[..., 3]), judge_depth(some) if header.is_deep else None]


def shorten_decoder_error(error):
    """Returns a `tf.errors.OpError`'s message without the names of nodes and ops around it."""
    return error.message.split("}} ")[-1].split(" [Op:")[0].split("\n")[0].rstrip(".")
