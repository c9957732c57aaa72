"""What a JPEG's or PNG's header promises, read without decoding anything.

By hand: Pillow refuses some files that TensorFlow's decoder takes, and by rules that change from
one version of it to the next.
"""

import dataclasses
import struct
import zlib

from tfreid.data.oddities import ANIMATED, INKS, judge_gamma, judge_profile, judge_shape
from tfreid.data.orientation import find_orientation, is_turned
from tfreid.file_kinds import NUM_BYTES, describe_start

MAX_PIXELS = 25_000_000  # 75 MB decoded; pictures of one person have some 10,000
MAX_SIDE = 16_384  # a ribbon of few pixels would still take gigabytes to resize
MAX_BYTES = 2**28  # more than any such image has, 16 bits and alpha included
_PROFILE_BYTES = 2**16
_MOST_STRAY = 2**16  # bytes between a JPEG's segments, chunks before a PNG's pixels
_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's markers of a frame, which has a size
_BARE = {0x01, *range(0xD0, 0xD8)}  # and those without a content


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
    for magic, read in ((b"\xff\xd8\xff", _read_jpeg), (b"\x89PNG\r\n\x1a\n", _read_png)):
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
        width, height, kinds, *more = read(file)
    except (struct.error, IndexError) as error:
        raise ValueError("broken image header (it is cut off)") from error
    if not width or not height:
        raise ValueError(f"broken image header ({width} x {height} pixels)")
    orientation = find_orientation(file)
    if is_turned(orientation):
        width, height = height, width
    kinds = (judge_shape(width, height), *kinds)
    return Header(width, height, orientation, tuple(filter(None, kinds)), *more)


def _read_jpeg(file):
    """Returns (width, height, kinds): the segments up to the frame's are looked at."""
    profile = b""
    file.seek(2)
    while True:
        marker = _find_marker(file)
        if marker in _BARE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if marker in (0xD9, 0xDA) or length < 2:
            raise ValueError("broken image header (no size before its pixels)")
        if marker in _SIZES:
            _, height, width, channels = struct.unpack(">BHHB", file.read(6))
            return width, height, [judge_profile(profile), INKS if channels == 4 else None]
        if marker == 0xE2 and not profile:
            content = file.read(length - 2)
            profile = content if content.startswith(b"ICC_PROFILE\0") else b""
        else:
            file.seek(length - 2, 1)


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
    """Returns `Header`'s fields, unturned: the chunks before the pixels are looked at."""
    length, kind = struct.unpack(">I4s", file.read(8))
    content, check = file.read(13), file.read(4)
    if (length, kind) != (13, b"IHDR") or struct.pack(">I", zlib.crc32(kind + content)) != check:
        raise ValueError("broken image header (IHDR is damaged)")
    width, height, depth, colors = struct.unpack(">IIBB", content[:10])
    chunks = dict(_read_chunks(file))
    kinds = [_judge_chunks(chunks), ANIMATED if b"acTL" in chunks else None]
    return width, height, kinds, colors in (4, 6) or b"tRNS" in chunks, depth == 16


def _read_chunks(file):
    """Yields (kind, content) of what a PNG has before its pixels, contents only as far as used."""
    for _ in range(_MOST_STRAY):
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind in (b"IDAT", b"IEND"):
            return
        used = min(length, _PROFILE_BYTES) if kind in (b"iCCP", b"gAMA", b"acTL") else 0
        yield kind, file.read(used)
        file.seek(length - used + 4, 1)


def _judge_chunks(chunks):
    """Returns COLORS where viewers take a PNG's for others than sRGB's; a profile goes first."""
    if b"iCCP" in chunks:
        name, _, packed = chunks[b"iCCP"].partition(b"\0")
        try:
            return judge_profile(name + zlib.decompressobj().decompress(packed[1:], _PROFILE_BYTES))
        except zlib.error:
            return None  # viewers cannot read it either
    gamma = chunks.get(b"gAMA", b"")
    if b"sRGB" in chunks or len(gamma) != 4:
        return None
    return judge_gamma(struct.unpack(">I", gamma)[0] / 100_000)
