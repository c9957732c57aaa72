"""Images as clients send them: good, odd and bad ones, as bytes."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

SIZE = (60, 30)  # rows, columns


def make_picture(seed=0, size=SIZE):
    """Returns a smooth random RGB picture, which survives JPEG compression well."""
    rows, columns = np.mgrid[: size[0], : size[1]] / 10
    phases = np.random.default_rng(seed).uniform(0, 6, [3, 3])
    waves = [
        np.sin(a + rows) + np.sin(b + columns) + np.sin(c + rows + columns) for a, b, c in phases
    ]
    return Image.fromarray(np.uint8(np.stack(waves, -1) * 40 + 128))


def encode(picture, kind, **options):
    """Returns the bytes of a picture in one of Pillow's formats."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def make_bomb():
    """Returns a small PNG whose header promises 50,000 x 50,000 pixels."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _make_chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(10_000))),
            (b"IEND", b""),
        )
    )


def list_good():
    """Returns {what: bytes} of images that are odd but can be used."""
    picture = make_picture()
    deep = np.asarray(picture.convert("L")).astype(np.uint16) * 257
    return {
        "a JPEG": encode(picture, "JPEG", quality=95),
        "a PNG": encode(picture, "PNG"),
        "a progressive JPEG": encode(picture, "JPEG", progressive=True),
        "a gray JPEG": encode(picture.convert("L"), "JPEG"),
        "a CMYK JPEG": encode(picture.convert("CMYK"), "JPEG", quality=95),
        "a PNG with alpha": encode(picture.convert("RGBA"), "PNG"),
        "a PNG with a palette": encode(picture.convert("P"), "PNG"),
        "a 16-bit PNG": encode(Image.fromarray(deep), "PNG"),
        "a 1x1 image": encode(picture.resize((1, 1)), "PNG"),
        "a turned JPEG": encode(picture, "JPEG", exif=make_mark(6)),
        "a mirrored PNG": encode(picture, "PNG", exif=make_mark(2)),
        "a large JPEG": encode(picture.resize((1000, 1100)), "JPEG"),
        "a long PNG": encode(picture.resize((3000, 4)), "PNG"),
    }


def make_mark(orientation, endian="<"):
    """Returns `PIL.Image.Exif` with a mark of how a picture lies, 1 to 8, among other facts."""
    exif = Image.Exif()
    exif.endian = endian
    exif[0x010F], exif[0x0112], exif[0x0131] = "Maker", orientation, "Software"
    return exif


def list_bad():
    """Returns {what: bytes} of what is no usable image."""
    picture = make_picture()
    jpeg, png = encode(picture, "JPEG"), encode(picture, "PNG")
    return {
        "nothing": b"",
        "a GIF": encode(picture, "GIF"),
        "a BMP": encode(picture, "BMP"),
        "a page": b"<!DOCTYPE html><html><body>404</body></html>" * 9,
        "half a JPEG": jpeg[: -len(jpeg) // 4],
        "half a PNG": png[: len(png) // 2],
        "a PNG's first bytes": png[:8],
        "a decompression bomb": make_bomb(),
        "a huge JPEG": encode(Image.new("L", (6_000, 5_000)), "JPEG"),
        "a ribbon": encode(Image.new("L", (1_000_000, 1)), "PNG"),
    }


def _make_chunk(kind, data):
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
