"""Text and JSON from a disk: whole, bounded and of the expected form; else one line says why."""

import codecs
import json

from tfreid.errors import InputError
from tfreid.files import UNREADABLE, may_be_whole, open_regular
from tfreid.patience import call, pause

MOST_BYTES = 1 << 26  # of a file of settings or facts; none has a hundredth of it
_PART = 1 << 20
# A mark at the beginning names the encoding: Windows' editors and shells write one.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text(path, cure, most_bytes=MOST_BYTES, name=None):
    """Returns the text of a file: UTF-8, or what a byte order mark says.

    Pipes and devices are refused: they may have no end, or never answer.

    Args:
      path: the file.
      cure: what to do where it cannot be read, for the message.
      most_bytes: size from which on it is refused, before more is read.
      name: what the message calls it; None for its path.

    Raises:
      InputError: where it cannot be read.
    """
    try:
        content = read_bytes(path, most_bytes)
        text = content.decode(_find_encoding(content))
        if "\0" not in text:
            return text
        reason = "holds zero bytes, as UTF-16 without its mark and UTF-32 do, or it is no text"
    except UnicodeError as error:
        reason = f"not UTF-8 text ({error.reason})"
    except (OSError, ValueError) as error:
        cure = UNREADABLE if may_be_whole(error) else cure
        reason = (getattr(error, "strerror", "") or str(error)).lower().removeprefix("it ")
    raise InputError(f"{name or path}: {reason}; {cure}.") from None


def read_bytes(path, most_bytes):
    """Returns the content of a regular file.

    Raises:
      OSError: where it cannot be read, hangs, or is no regular file.
      ValueError: where it is larger than that.
    """
    content = call(lambda path: b"".join(_read_parts(path, most_bytes + 1)), path)
    if len(content) > most_bytes:
        raise ValueError(f"has more than {most_bytes:,} bytes")
    return content


def _read_parts(path, most_bytes):
    with open_regular(path) as file:
        while most_bytes and (part := file.read(min(most_bytes, _PART))):
            most_bytes -= len(part)
            yield part
            with pause():  # it answers
                pass


def read_json(path, cure, form=dict):
    """Returns what a JSON file holds.

    Args:
      path: the file.
      cure: what to do where it is damaged, for the message.
      form: a type, {key: form} of a dict that has these keys among others, or [form] of a list.

    Raises:
      InputError: where it cannot be read, or has another form.
    """
    return parse_json(read_text(path, cure), path, cure, form)


def parse_json(text, name, cure, form=dict):
    """Returns what JSON holds, text or bytes from the file of that name; else as `read_json`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:  # the latter of a million brackets
        raise InputError(f"{name}: is damaged ({error}); {cure}.") from None
    wrong = _find_misfit(value, form, "")
    if wrong is not None:
        raise InputError(
            f"{name}: is damaged ({wrong or 'its content'} is not as written); {cure}."
        )
    return value


def _find_misfit(value, form, place):
    """Returns where a value differs from a form, as in "data/sha256"; None where it does not."""
    if isinstance(form, (type, tuple)):
        fits = isinstance(value, form) and not (isinstance(value, bool) and form is int)
        return None if fits else place
    if not isinstance(value, type(form)):
        return place
    if isinstance(form, list):
        parts = [(str(number), item, form[0]) for number, item in enumerate(value)]
    else:
        parts = [(key, value.get(key), inner) for key, inner in form.items()]
    found = (_find_misfit(item, inner, f"{place}/{key}".lstrip("/")) for key, item, inner in parts)
    return next((misfit for misfit in found if misfit is not None), None)


def _find_encoding(content):
    return next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
