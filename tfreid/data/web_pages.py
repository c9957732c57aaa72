"""Tells the web page that a failed download leaves behind under the name of the file."""

import re

NUM_BYTES = 1024
# A page begins with a tag or a comment, behind a byte order mark (of UTF-8 or UTF-16) and blanks.
_PAGE = re.compile(rb"\A[\xef\xbb\xbf\xfe\xff\s]*<[!?/a-z]|<!doctype html|<html", re.IGNORECASE)


def is_web_page(head):
    """Returns whether a file is HTML or XML.

    Args:
      head: bytes; the file's first `NUM_BYTES`, in UTF-8, UTF-16 or any encoding like ASCII.
    """
    return bool(_PAGE.search(head[:NUM_BYTES].replace(b"\0", b"")))
