"""Errors of a command line, in one line each: the flag, its value, what is allowed, the cure."""

import dataclasses
import difflib
import re

from absl import flags

from tfreid.errors import InputError
from tfreid.escaping import escape_typed
from tfreid.options.fields import list_choices, rule_of, to_text

_KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


def explain(error, groups, foreign=None):
    """Returns the `InputError` that says what absl found wrong with a command line.

    Args:
      error: what absl raised.
      groups: the options classes whose fields are the allowed flags.
      foreign: {flag of other systems: their names}.
    """
    fields = {field.name: field for group in groups for field in dataclasses.fields(group)}
    if isinstance(error, flags.UnrecognizedFlagError):
        if error.flagname in (foreign or {}):
            owners = " or ".join(foreign[error.flagname])
            return InputError(f"--{error.flagname}: a flag of --model={owners} only.")
        return _explain_unknown(error.flagname, error.flagvalue, fields)
    text = str(error).strip()
    value = re.match(r"flag --(\w+)=", text)
    if isinstance(error, flags.IllegalFlagValueError) and value:
        return _explain_value(fields[value.group(1)], _cut_reason(text[value.end() :], error))
    bare = re.fullmatch(r"Missing value for flag --?(\w+)", text)
    if bare:
        return InputError(
            f"--{bare.group(1)}: has no value; {_tell_allowed(fields[bare.group(1)])}."
        )
    return InputError(
        f"{text.splitlines()[0]}; give flags as --name=value (--helpfull lists them)."
    )


def _explain_unknown(name, flag, fields):
    names = [*fields, *(f"no{name}" for name, field in fields.items() if _kind(field) is bool)]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean --{near[0]}? " if near else ""
    return InputError(
        f"{escape_typed(flag or '--' + name)}: no such flag; {hint}--helpfull lists all."
    )


def _explain_value(field, value):
    return InputError(f"--{field.name}={escape_typed(value)}: {_tell_allowed(field)}.")


def _cut_reason(text, error):
    """Returns the value at the start of absl's "VALUE: REASON"."""
    reason = f": {error.__context__}"
    return text[: -len(reason)] if text.endswith(reason) else text.rsplit(": ", 1)[0]


def _tell_allowed(field):
    """Returns "give ..." for a field: its kind with its limits, or its choices."""
    rule, kind = rule_of(field), _kind(field)
    if rule.choices and not rule.element:
        return f"give one of {', '.join(list_choices(rule))}"
    what = _KINDS.get(kind, "a value")
    if rule.element:
        what = f"{rule.element.__name__} values separated by commas"
    if rule.minimum is not None:
        what += f" of at least {rule.minimum}"
    if rule.maximum is not None:
        what += f"{' and' if rule.minimum is not None else ' of'} at most {rule.maximum}"
    return f"give {what}, as in --{field.name}={to_text(field.default) or 'VALUE'}"


def _kind(field):
    return type(field.default)
