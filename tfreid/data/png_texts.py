"""What a PNG keeps in texts and behind its pixels of which way up it is."""

import struct
import zlib

MOST_OF_CHUNK = 2**16  # bytes that are read, or inflated
_PROFILE = b"Raw profile type exif\0"
# How the texts begin that are used, by their chunk's kind: packed, not packed, either.
TEXTS = {b"zTXt": _PROFILE, b"tEXt": _PROFILE, b"iTXt": b"XML:com.adobe.xmp\0"}


def find_marks(chunks, file):
    """Returns (EXIF, XMP) of a PNG, b"" where it has none.

    Args:
      chunks: {kind: content} of those before its pixels.
      file: open for reading bytes.
    """
    exif = chunks.get(b"eXIf") or _read_profile(chunks) or _read_late_exif(file)
    return exif, _read_xmp(chunks.get(b"iTXt", b""))


def inflate(content):
    """Returns the beginning of what a chunk has packed behind a name; b"" for what is damaged."""
    try:
        return zlib.decompressobj().decompress(content.partition(b"\0")[2][1:], MOST_OF_CHUNK)
    except zlib.error:
        return b""  # viewers cannot read it either


def _read_profile(chunks):
    """Returns the EXIF that ImageMagick writes into a text, in hex; b"" for none."""
    # A short one is not packed.
    text = inflate(chunks.get(b"zTXt", b"")) or chunks.get(b"tEXt", b"").partition(b"\0")[2]
    try:
        return bytes.fromhex("".join(text.decode("ascii").split()[2:]))
    except ValueError:
        return b""


def _read_xmp(content):
    """Returns the XMP of an iTXt chunk: behind its name two flags and two texts, perhaps packed."""
    rest = content.partition(b"\0")[2]
    text = rest[2:].split(b"\0", 2)[-1]
    return inflate(b"\0\0" + text) if rest[:1] == b"\1" else text


def _read_late_exif(file):
    """Returns the EXIF near a file's end, behind the pixels; b"" for none."""
    file.seek(max(0, file.seek(0, 2) - MOST_OF_CHUNK))
    end = file.read(MOST_OF_CHUNK)
    place = end.rfind(b"eXIf")
    if place < 4:
        return b""
    (length,) = struct.unpack_from(">I", end, place - 4)
    content, check = end[place : place + 4 + length], end[place + 4 + length :][:4]
    return content[4:] if check == struct.pack(">I", zlib.crc32(content)) else b""
