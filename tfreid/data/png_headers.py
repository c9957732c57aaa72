"""What a PNG's chunks say of it, read without decoding its pixels."""

import struct
import zlib

from tfreid.data.oddities import ANIMATED, COLORS, judge_gamma, judge_primaries, judge_profile

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 2**16  # before the pixels
_MOST_BYTES = 2**16  # of a chunk that are read, or inflated
_TEXT, _EXIF_AS_TEXT = b"zTXt", b"Raw profile type exif\0"
_USED = (b"iCCP", b"gAMA", b"cHRM", b"cICP", b"acTL", b"eXIf", _TEXT)
_SRGB = bytes([1, 13])  # its primaries and its curve, as numbered by ITU-T H.273


def read_png(file):
    """Looks at the chunks before the pixels.

    Args:
      file: open for reading bytes, behind its signature.

    Returns:
      (width, height, kinds of `oddities`, EXIF's bytes, whether it may be transparent, whether it
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
    exif = chunks.get(b"eXIf") or _read_profile(chunks) or _read_late_exif(file)
    return width, height, kinds, exif, colors in (4, 6) or b"tRNS" in chunks, depth == 16


def _read_chunks(file):
    """Yields (kind, content) of what a PNG has before its pixels, contents only as far as used."""
    for _ in range(_MOST_CHUNKS):
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind in (b"IDAT", b"IEND"):
            return
        content = file.read(min(length, _MOST_BYTES)) if kind in _USED else b""
        file.seek(length - len(content) + 4, 1)
        if kind != _TEXT or content.startswith(_EXIF_AS_TEXT):
            yield kind, content


def _judge_colors(chunks):
    """Returns COLORS where viewers take others for a PNG's than sRGB's; the newest first."""
    if b"cICP" in chunks:
        return None if chunks[b"cICP"][:2] == _SRGB else COLORS
    if b"iCCP" in chunks:
        return judge_profile(chunks[b"iCCP"].partition(b"\0")[0] + _inflate(chunks[b"iCCP"]))
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


def _inflate(content):
    """Returns the beginning of what a chunk has packed behind a name; b"" for what is damaged."""
    try:
        return zlib.decompressobj().decompress(content.partition(b"\0")[2][1:], _MOST_BYTES)
    except zlib.error:
        return b""  # viewers cannot read it either


def _read_profile(chunks):
    """Returns the EXIF that ImageMagick writes into a text, in hex; b"" for none."""
    try:
        return bytes.fromhex("".join(_inflate(chunks.get(_TEXT, b"")).decode("ascii").split()[2:]))
    except ValueError:
        return b""


def _read_late_exif(file):
    """Returns the EXIF near a file's end, behind the pixels; b"" for none."""
    file.seek(max(0, file.seek(0, 2) - _MOST_BYTES))
    end = file.read(_MOST_BYTES)
    place = end.rfind(b"eXIf")
    if place < 4:
        return b""
    (length,) = struct.unpack_from(">I", end, place - 4)
    content, check = end[place : place + 4 + length], end[place + 4 + length :][:4]
    return content[4:] if check == struct.pack(">I", zlib.crc32(content)) else b""
