"""Which way up a picture is: EXIF's mark, which cameras write instead of turning the pixels."""

import re
import struct

import tensorflow as tf

_ENDS = 2**16  # bytes at a file's beginning, and at its end, among which a mark is looked for
# Tag 0x0112 in the first directory, of one short number, in either order of bytes: the first such
# mark, as a further picture behind may have its own. A PNG has the directory in a chunk. Without
# bytes above 0x7f, which TensorFlow's expressions take for UTF-8.
_MARK = (
    r"(?:Exif\x00\x00|eXIf)(?:"
    r"II\*\x00\x08\x00\x00\x00\C\C(?:\C{12})*?\x12\x01\x03\x00\x01\x00\x00\x00([\x01-\x08])|"
    r"MM\x00\*\x00\x00\x00\x08\C\C(?:\C{12})*?\x01\x12\x00\x03\x00\x00\x00\x01\x00([\x01-\x08]))"
)
_WHOLE = rf"(?s)\C*?{_MARK}\C*"
_BYTES = re.compile(_MARK.replace(r"\C", ".").encode(), re.DOTALL)
_XMP = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])\b")
_NUMBERS = {3: "H", 4: "I"}  # TIFF's types of whole numbers, short and long
_TURNED, _DOWN, _LEFT = (5, 6, 7, 8), (3, 4, 7, 8), (2, 3, 6, 7)  # marks by what undoes them


def read_orientation(contents):
    """Returns the mark of a file's bytes, a string scalar: int32 from 1 (upright) to 8."""
    size = tf.strings.length(contents)
    rest = tf.maximum(size - _ENDS, tf.minimum(size, _ENDS))  # nothing twice
    ends = tf.strings.substr(contents, 0, _ENDS) + tf.strings.substr(contents, rest, _ENDS)

    def read():
        mark = tf.strings.regex_replace(ends, _WHOLE, r"\1\2")
        return tf.cast(tf.io.decode_raw(mark, tf.uint8)[0], tf.int32)

    return tf.cond(tf.strings.regex_full_match(ends, _WHOLE), read, lambda: 1)


def turn_upright(image, orientation):
    """Returns uint8[h, w, 3] as viewers show it, from the pixels as they lie and their mark."""

    def turn():
        turned, down, left = (
            tf.reduce_any(tf.equal(orientation, marks)) for marks in (_TURNED, _DOWN, _LEFT)
        )
        upright = tf.cond(turned, lambda: tf.transpose(image, [1, 0, 2]), lambda: image)
        return upright[:: tf.where(down, -1, 1), :: tf.where(left, -1, 1)]

    return tf.cond(orientation == 1, lambda: image, turn)


def find_orientation(file):
    """Returns what `read_orientation` does, as an int, of a file that is open for reading bytes."""
    file.seek(0)
    ends = file.read(_ENDS)
    file.seek(max(len(ends), file.seek(0, 2) - _ENDS))
    ends += file.read(_ENDS)
    if b"Exif\0\0" not in ends and b"eXIf" not in ends:  # far faster than the expression
        return 1
    mark = _BYTES.search(ends)
    return ord(mark[1] or mark[2]) if mark else 1


def parse_mark(exif, xmp=b""):
    """Returns the mark of EXIF's bytes, 1 to 8, however its directory is written; 1 for none.

    `read_orientation` knows the usual way only, and takes what looks so wherever it stands. Where
    EXIF has none some viewers, Pillow among them, take that of XMP, which is XML.
    """
    found = _find_tag(exif)
    in_xmp = None if found else _XMP.search(xmp)
    return found or (int(in_xmp[1]) if in_xmp else 1)


def _find_tag(exif):
    tiff = exif.removeprefix(b"Exif\0\0")
    endian = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if endian is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{endian}I", tiff, 4)
        (count,) = struct.unpack_from(f"{endian}H", tiff, start)
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(f"{endian}HH", tiff, place)
            if tag == 0x0112 and kind in _NUMBERS:
                (mark,) = struct.unpack_from(endian + _NUMBERS[kind], tiff, place + 8)
                return mark if 1 <= mark <= 8 else 1
    except struct.error:  # it is cut off
        pass
    return None


def is_turned(orientation):
    """Returns whether a mark makes rows of columns."""
    return orientation in _TURNED
