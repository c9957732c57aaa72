"""What a check found, in words, and as a CSV file with a line for each fault."""

import dataclasses
import os
import re
import textwrap

from tfreid.data.csv_rows import write_rows
from tfreid.errors import InputError
from tfreid.escaping import escape, escape_cell
from tfreid.files import open_regular

TRAINING, EVALUATION = "training", "evaluation"
LEVELS = ("ok", "warning", "error")
_COLUMNS = ("level", "path", "what")  # of a list of faults
_WIDTH = 100
_MARGIN = 11  # a level and its spaces


@dataclasses.dataclass(frozen=True)
class Finding:
    """One sentence or two about the data.

    Attributes:
      level: "ok" to know, "warning" to think about, "error" to repair.
      text: the sentences.
      stops: what cannot work because of it: TRAINING, EVALUATION, both or neither.
      items: ((path, what is wrong with it), ...) of all that the text tells of, where these are
        files.
    """

    level: str
    text: str
    stops: tuple = ()
    items: tuple = ()

    def __post_init__(self):
        if self.level not in LEVELS:
            raise ValueError(f"level={self.level!r}; allowed are {LEVELS}.")


@dataclasses.dataclass(frozen=True)
class Report:
    """All findings about one data set.

    Attributes:
      title: what was looked at.
      findings: list of `Finding`.
    """

    title: str
    findings: list

    @property
    def can_train(self):
        """Whether nothing was found that makes training impossible."""
        return not any(TRAINING in finding.stops for finding in self.findings)

    @property
    def can_evaluate(self):
        """Whether nothing was found that makes evaluation impossible."""
        return not any(EVALUATION in finding.stops for finding in self.findings)

    def text(self):
        """Returns the report for a person, ending with what is possible."""
        lines = [escape(self.title), ""]
        lines += [_format(finding) for finding in self.findings]
        verdicts = [(TRAINING, self.can_train), (EVALUATION, self.can_evaluate)]
        lines += ["", *[_judge(subject, possible) for subject, possible in verdicts]]
        return "\n".join(lines)

    def list_faults(self):
        """Returns [(level, path, text)] of all that is not ok, every file by itself."""
        return [
            (finding.level, *item)
            for finding in self.findings
            if finding.level != "ok"
            for item in finding.items or (("", finding.text),)
        ]


def tell_number(number, singular, plural=None):
    """Returns "1 image", "1,000 images"; plural is singular + "s" if it is not given."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _format(finding):
    text = escape(finding.text)
    whole = re.sub("`.*?`", lambda command: command[0].replace(" ", "\0"), text)
    text = textwrap.fill(
        whole,
        _WIDTH,
        initial_indent=f"  {finding.level}".ljust(_MARGIN),
        subsequent_indent=" " * _MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return text.replace("\0", " ")  # a command stays in one line, to be copied


def _judge(subject, possible):
    return f"{subject.capitalize()}: {'possible' if possible else 'not possible'}."


def check_replaceable(path):
    """Raises `InputError` where something lies that is no list of faults: it would get lost."""
    if not os.path.lexists(path):
        return
    try:
        with open_regular(path) as file:
            is_list = file.readline(_WIDTH).decode().rstrip("\r\n") == ",".join(_COLUMNS)
    except (OSError, UnicodeDecodeError):
        is_list = False
    if not is_list:
        raise InputError(f"report={path}: is something else than a report; give another name.")


def write_faults(path, faults):
    """Writes [(level, path or "", what), ...] as a CSV file; see `check_replaceable`."""
    check_replaceable(path)
    write_rows(path, _COLUMNS, [map(escape_cell, fault) for fault in faults])
