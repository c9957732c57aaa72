"""What a JPEG's or PNG's header promises, read without decoding anything.

By hand: Pillow refuses some files that TensorFlow's decoder takes, and by rules that change from
one version of it to the next.
"""

import dataclasses
import struct
import zlib

from tfreid.data.oddities import (
    ANIMATED,
    COLORS,
    INKS,
    TURNED,
    judge_gamma,
    judge_primaries,
    judge_profile,
    judge_shape,
)
from tfreid.data.orientation import find_orientation, is_turned, parse_mark
from tfreid.data.png_texts import MOST_OF_CHUNK, TEXTS, find_marks, inflate
from tfreid.file_kinds import NUM_BYTES, describe_start

MAX_PIXELS = 25_000_000  # 75 MB decoded; pictures of one person have some 10,000
MAX_SIDE = 16_384  # a ribbon of few pixels would still take gigabytes to resize
MAX_BYTES = 2**28  # more than any such image has, 16 bits and alpha included
_MOST_STRAY = 2**16  # bytes between a JPEG's segments
_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's markers of a frame, which has a size
_USUAL = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # of these, those of kinds that are decoded
_JPEG_LS = 0xF7
_BARE = {0x01, *range(0xD0, 0xD8)}  # and those without a content

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 2**16  # of a PNG, before its pixels
_XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_USED_CHUNKS = (b"iCCP", b"gAMA", b"cHRM", b"cICP", b"acTL", b"eXIf", *TEXTS)
_SRGB_CODE = bytes([1, 13])  # its primaries and its curve, as numbered by ITU-T H.273


@dataclasses.dataclass(frozen=True)
class Header:
    """What is known of an image before it is decoded.

    Attributes:
      width: as it is shown.
      height: likewise.
      orientation: EXIF's mark, 1 to 8.
      oddities: kinds of `oddities` that its size and its colors are of.
      has_alpha: whether it may be transparent.
      is_deep: whether it has 16 bits.
    """

    width: int
    height: int
    orientation: int
    oddities: tuple
    has_alpha: bool = False
    is_deep: bool = False


def read_header(file):
    """Returns the `Header` of a file that is open for reading bytes.

    Raises:
      ValueError: why it cannot be an image that is taken, in words.
    """
    start = file.read(NUM_BYTES) or b""
    num_bytes = file.seek(0, 2)
    for magic, read in ((b"\xff\xd8\xff", _read_jpeg), (_PNG, _read_png)):
        if start.startswith(magic):
            header = _read_whole(file, len(magic), read)
            fault = judge_size(header.width, header.height) or judge_bytes(num_bytes)
            if fault:
                raise ValueError(fault)
            return header
    raise ValueError(_tell_kind(start))


def judge_size(width, height):
    """Returns why an image of so many pixels cannot be used; None if it can."""
    if width * height > MAX_PIXELS:
        limit = f"more than the {MAX_PIXELS:,}"
    elif max(width, height) > MAX_SIDE:
        limit = f"a side longer than the {MAX_SIDE:,}"
    else:
        return None
    return f"{width} x {height} pixels, {limit} that are allowed; cut the person out or shrink it"


def judge_bytes(num_bytes):
    """Returns why a file of so many bytes cannot be used; None if it can."""
    if num_bytes > MAX_BYTES:
        return f"{num_bytes:,} bytes, more than the {MAX_BYTES:,} that are allowed"
    return None


def _tell_kind(start):
    if not start:
        return "the file is empty"
    kind = describe_start(start)
    suffix = "whatever its name says"
    return f"{kind}, not JPEG or PNG, {suffix}" if kind else f"neither JPEG nor PNG, {suffix}"


def _read_whole(file, start, read):
    """Returns the `Header` that one of the formats' readers makes."""
    file.seek(start)
    try:
        width, height, kinds, marks, *more = read(file)
    except (struct.error, IndexError) as error:
        raise ValueError("broken image header (it is cut off)") from error
    if not width or not height:
        raise ValueError(f"broken image header ({width} x {height} pixels)")
    orientation = find_orientation(file)
    if is_turned(orientation):
        width, height = height, width
    is_otherwise = orientation != parse_mark(*marks)
    kinds = (judge_shape(width, height), *kinds, TURNED if is_otherwise else None)
    return Header(width, height, orientation, tuple(filter(None, kinds)), *more)


def _read_jpeg(file):
    """Returns (width, height, kinds, (EXIF, XMP)): of the segments up to the frame's."""
    profile = exif = xmp = b""
    file.seek(2)
    while True:
        marker = _find_marker(file)
        if marker in _BARE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if marker in (0xD9, 0xDA) or length < 2:
            raise ValueError("broken image header (no size before its pixels)")
        if marker in _SIZES or marker == _JPEG_LS:
            depth, height, width, channels = struct.unpack(">BHHB", file.read(6))
            if marker not in _USUAL or depth != 8:
                raise ValueError(f"a JPEG of a rare kind (0x{marker:X}, {depth} bits)")
            kinds = [judge_profile(profile), INKS if channels == 4 else None]
            return width, height, kinds, (exif, xmp)
        content = file.read(length - 2) if marker in (0xE1, 0xE2) else b""
        file.seek(length - 2 - len(content), 1)
        if content.startswith(b"ICC_PROFILE\0"):
            profile = profile or content
        elif content.startswith(b"Exif\0\0"):
            exif = exif or content
        elif content.startswith(_XMP_IN_JPEG):
            xmp = xmp or content


def _find_marker(file):
    """Returns the next marker's number; decoders pass over what stands before it."""
    for _ in range(_MOST_STRAY):
        byte = file.read(1)[0]
        while byte == 0xFF:
            byte = file.read(1)[0]
            if byte not in (0, 0xFF):
                return byte
    raise ValueError("broken image header (no marker where one should be)")


def _read_png(file):
    """Looks at the chunks before the pixels.

    Args:
      file: open for reading bytes, behind its signature.

    Returns:
      (width, height, kinds of `oddities`, (EXIF, XMP), whether it may be transparent, whether it
      has 16 bits); width and height as the pixels lie.

    Raises:
      ValueError, struct.error: for a header that is damaged, or cut off.
    """
    length, kind = struct.unpack(">I4s", file.read(8))
    content, check = file.read(13), file.read(4)
    if (length, kind) != (13, b"IHDR") or struct.pack(">I", zlib.crc32(kind + content)) != check:
        raise ValueError("broken image header (IHDR is damaged)")
    width, height, depth, colors = struct.unpack(">IIBB", content[:10])
    chunks = dict(_read_chunks(file))
    kinds = [_judge_colors(chunks), ANIMATED if b"acTL" in chunks else None]
    marks = find_marks(chunks, file)
    return width, height, kinds, marks, colors in (4, 6) or b"tRNS" in chunks, depth == 16


def _read_chunks(file):
    """Yields (kind, content) of what a PNG has before its pixels, contents only as far as used."""
    for _ in range(_MOST_CHUNKS):
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind in (b"IDAT", b"IEND"):
            return
        content = file.read(min(length, MOST_OF_CHUNK)) if kind in _USED_CHUNKS else b""
        file.seek(length - len(content) + 4, 1)
        if content.startswith(TEXTS.get(kind, b"")):
            yield kind, content


def _judge_colors(chunks):
    """Returns COLORS where viewers take others for a PNG's than sRGB's; the newest first."""
    if b"cICP" in chunks:
        return None if chunks[b"cICP"][:2] == _SRGB_CODE else COLORS
    if b"iCCP" in chunks:
        return judge_profile(chunks[b"iCCP"].partition(b"\0")[0] + inflate(chunks[b"iCCP"]))
    if b"sRGB" in chunks:
        return None
    (gamma,) = _read_numbers(chunks, b"gAMA", 1) or (None,)
    return judge_gamma(gamma) or judge_primaries(_read_numbers(chunks, b"cHRM", 8))


def _read_numbers(chunks, kind, count):
    """Returns the numbers that a chunk has in units of 1/100,000; () where it has not so many."""
    content = chunks.get(kind, b"")
    if len(content) != 4 * count:
        return ()
    return [number / 100_000 for number in struct.unpack(f">{count}I", content)]
