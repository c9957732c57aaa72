"""Kinds of files, told by their first bytes."""

import codecs

import numpy as np
import pytest

from tfreid.file_kinds import WEB_PAGE, describe_start

PAGE = "<!DOCTYPE html>\n<html><body>Confirm</body></html>"


@pytest.mark.parametrize(
    "head",
    [
        PAGE.encode("ascii"),
        b"\r\n\t " + PAGE.lower().encode("ascii"),
        b"<HTML>",
        b'<?xml version="1.0"?><Error>AccessDenied</Error>',
        b"<!-- saved -->" + b" " * 400 + b"<Html>",
        b"Warning: headers already sent\n<html>",
        codecs.BOM_UTF8 + PAGE.encode("ascii"),
        codecs.BOM_UTF8 + b"\n<head>",
        PAGE.encode("utf-16"),
        PAGE.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ("\n" + PAGE).encode("utf-16-be"),
    ],
)
def test_pages_are_told_in_every_encoding_and_behind_blanks_and_comments(head):
    assert describe_start(head) == WEB_PAGE


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<",
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64",
        b"\x89HDF\r\n\x1a\n",
        b"\x00\x00\x3c\x0a\x3a",  # TensorFlow's table: lengths, then a message
        b"a < b",
        b" " * 2000 + b"<html>",  # too far behind
        np.random.default_rng(0).bytes(5000),
    ],
)
def test_other_files_are_not_pages(head):
    assert describe_start(head) is None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b"PK\x03\x04", "a ZIP file"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"GIF89a", "a GIF file"),
        (b"RIFF\x10\0\0\0WEBP", "a WebP file"),
        (b"MM\0*", "a TIFF file"),
        (b"\0\0\0\x18ftypheic", "a HEIC file"),
        (b"\0\0\0\x18ftypisom", "a video file"),
    ],
)
def test_a_kind_has_a_name_that_a_person_knows(head, kind):
    assert describe_start(head) == kind
