"""Tells what a file is by how it begins, whatever its name says."""

import re

NUM_BYTES = 1024
WEB_PAGE, LFS_POINTER = "a web page", "a Git LFS pointer"
ZIP, GZIP, SEVEN_ZIP, RAR = "a ZIP file", "a gzip file", "a 7z file", "a RAR file"
ARCHIVES = (ZIP, GZIP, SEVEN_ZIP, RAR)
# A page begins with a tag or a comment, behind a byte order mark (of UTF-8 or UTF-16) and blanks;
# it is what a failed download leaves behind under the name of the file.
_PAGE = re.compile(rb"\A[\xef\xbb\xbf\xfe\xff\s]*<[!?/a-z]|<!doctype html|<html", re.IGNORECASE)
_STARTS = {
    b"version https://git-lfs": LFS_POINTER,
    b"PK": ZIP,
    b"\x1f\x8b": GZIP,
    b"7z\xbc\xaf": SEVEN_ZIP,
    b"Rar!": RAR,
    b"GIF8": "a GIF file",
    b"BM": "a BMP file",
    b"RIFF": "a WebP file",
    b"II*\0": "a TIFF file",
    b"MM\0*": "a TIFF file",
    b"%PDF": "a PDF file",
}
_BRANDS = {b"heic": "a HEIC file", b"mif1": "a HEIC file", b"avif": "an AVIF file"}


def describe_start(head):
    """Returns what a file is, such as "a GIF file"; None if it is none of the kinds known here.

    Args:
      head: bytes; the file's first `NUM_BYTES`, text in UTF-8, UTF-16 or any encoding like ASCII.
    """
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "a video file")
    return WEB_PAGE if _PAGE.search(head[:NUM_BYTES].replace(b"\0", b"")) else None
