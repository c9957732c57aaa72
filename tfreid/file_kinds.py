"""Tells what a file is by how it begins, whatever its name says."""

import re

NUM_BYTES = 1024
WEB_PAGE, LFS_POINTER = "a web page", "a Git LFS pointer"
ZIP, GZIP, SEVEN_ZIP, RAR = "a ZIP file", "a gzip file", "a 7z file", "a RAR file"
ARCHIVES = (ZIP, GZIP, SEVEN_ZIP, RAR)
# A page begins with a tag or a comment, behind a byte order mark (of UTF-8 or UTF-16) and blanks;
# it is what a failed download leaves behind under the name of the file.
_PAGE = re.compile(rb"\A[\xef\xbb\xbf\xfe\xff\s]*<[!?/a-z]|<!doctype html|<html", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_STARTS = {
    b"version https://git-lfs": LFS_POINTER,
    b"PK": ZIP,
    b"\x1f\x8b": GZIP,
    b"7z\xbc\xaf": SEVEN_ZIP,
    b"Rar!": RAR,
    b"GIF8": "a GIF file",
    b"BM": "a BMP file",
    b"II*\0": "a TIFF file",
    b"MM\0*": "a TIFF file",
    b"II+\0": "a TIFF file",
    b"MM\0+": "a TIFF file",
    b"%PDF": "a PDF file",
    b"8BPS": "a Photoshop file",
    b"\xff\x0a": "a JPEG XL file",
    b"\0\0\0\x0cJXL ": "a JPEG XL file",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 file",
    b"\xff\x4f\xff\x51": "a JPEG 2000 file",
    b"\0\0\1\0": "an icon file",
}
_AVIF, _HEIC = (b"avif", b"avis"), (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


def describe_start(head):
    """Returns what a file is, such as "a GIF file"; None if it is none of the kinds known here.

    Args:
      head: bytes; the file's first `NUM_BYTES`, text in UTF-8, UTF-16 or any encoding like ASCII.
    """
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP file"
    if head[4:8] == b"ftyp":
        brands = head[8 : int.from_bytes(head[:4], "big")]
        for kind, names in (("an AVIF file", _AVIF), ("a HEIC file", _HEIC)):
            if any(name in brands for name in names):
                return kind
        return "a video file"
    if re.match(rb"P[1-6]\s", head):
        return "a PNM file"
    if _SVG.search(head) and b"<html" not in head.lower():
        return "an SVG file"
    return WEB_PAGE if _PAGE.search(head[:NUM_BYTES].replace(b"\0", b"")) else None
