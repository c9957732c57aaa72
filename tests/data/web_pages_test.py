"""Web pages under the name of a file."""

import codecs

import numpy as np
import pytest

from tfreid.data.web_pages import is_web_page

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
    assert is_web_page(head)


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
    assert not is_web_page(head)
