"""Turns options groups into absl flags and back; says in one line what is wrong with a flag.

The flags live in a private `FlagValues`: no library module reads a flag, two commands can be parsed
in one process, and a test can parse as often as it likes.
"""

import dataclasses
import os
import re
import shlex

from absl import flags

from tfreid.errors import InputError, suggest
from tfreid.escaping import escape_typed
from tfreid.options.fields import list_choices, rule_of, to_text
from tfreid.options.flagfiles import expand_flagfiles
from tfreid.plugins import import_plugins

QUIET = "quiet"  # as the next one
IMPORT = "import"  # a flag of every command: no option, since it only makes names known
_KINDS = {int: "a whole number", float: "a number", bool: "true or false"}
_IMPORT_HELP = "Python modules, with commas between, that bring systems, backbones and so on."


def parse(argv, groups, foreign=None, positional=""):
    """Parses a command line, `--flagfile=PATH` and `--recipe=NAME` included, into options.

    Args:
      argv: the command line, program name first.
      groups: options classes, whose fields become the allowed flags; or instances, whose values
        become the defaults.
      foreign: {flag of other systems: their names}, for messages.
      positional: the flag whose value may stand alone; "" for none.

    Returns:
      A list with one instance of each class.

    Raises:
      InputError: for an unknown flag, a value of the wrong type or one that is not allowed.
    """
    import_plugins(list_plugins(argv))
    argv, values = expand_flagfiles(argv), _define(groups)
    _refuse_swallowed(argv, groups)
    try:
        rest = values(argv)
    except (flags.Error, ValueError) as error:
        raise explain(error, groups, foreign) from error
    if positional and len(rest) == 2:
        # absl leaves over what is no flag, the program's name first.
        values[positional].value = rest.pop()
    if len(rest) > 1:
        raise InputError(
            f"{escape_typed(rest[1])}: flags are given as --name=value; this is not one."
        )
    # The classes check what absl cannot: limits, and what contradicts each other.
    return [_make(group, values) for group in groups]


def _refuse_swallowed(argv, groups):
    """Raises `InputError` where absl would take the next flag for the value of one without."""
    fields = {field.name: field for group in groups for field in dataclasses.fields(group)}
    for word, following in zip(argv[1:], argv[2:]):
        field = fields.get(word.lstrip("-")) if word.startswith("-") else None
        is_flag = following.startswith("--") and following[2:].partition("=")[0] in fields
        if field and _kind(field) is not bool and is_flag:
            raise _explain_bare(field)


def _explain_bare(field):
    return InputError(f"--{field.name}: has no value; {_tell_allowed(field)}.")


def list_plugins(argv):
    """Returns the modules that `--import=a,b` of a command line, or of its flagfile, names."""
    names = (peek(argv, IMPORT) or "").split(",")
    return [name.strip() for name in names if name.strip()]


def is_quiet(argv):
    """Returns whether a command line, or its flagfile, asks for warnings alone."""
    return bool(peek(argv, QUIET, flags.DEFINE_boolean))


def peek(argv, name, define=flags.DEFINE_string):
    """Returns the value of one flag of a command line or its flagfile; None where it is not given.

    All other flags are left to `parse`.
    """
    values = flags.FlagValues()
    define(name, None, "", flag_values=values)
    try:
        values(expand_flagfiles(argv), known_only=True)
    except (InputError, flags.Error, ValueError):
        return None  # `parse` meets the same and tells it
    return values[name].value


def split_plugins(argv):
    """Returns the modules that `--import` of a command line names, and the line without it."""
    argv = expand_flagfiles(argv)
    return list_plugins(argv), [word for word in argv if not word.startswith(f"--{IMPORT}=")]


def to_flags(values):
    """Returns {flag: value} as ["--name=value", ...]."""
    return [f"--{name}={to_text(value)}" for name, value in values.items()]


def to_flagfile(options, plugins=()):
    """Returns the text of a flagfile that repeats the given options instances.

    Args:
      options: instances of options classes.
      plugins: names of modules that they need.
    """
    lines = [f"--{IMPORT}={','.join(plugins)}"] if plugins else []
    for group in options:
        lines.append(f"# {type(group).__doc__.strip().splitlines()[0]}")
        lines += to_flags({f.name: getattr(group, f.name) for f in dataclasses.fields(group)})
    return "\n".join(lines) + "\n"


def make_command(path, overrides=()):
    """Returns the command line that a flagfile stands for, with further `--name=value` on top."""
    if not os.path.isfile(path):
        raise InputError(f"{path}: no such flagfile.")
    return ["tfreid", f"--flagfile={path}", *overrides]


def tell_command(name, folder, **values):
    """Returns a command as a person types it, in backquotes, for a hint.

    Args:
      name: of the command.
      folder: what stands without a flag.
      **values: {flag: text}.
    """
    flags_given = [f"--{flag}={shlex.quote(text)}" for flag, text in values.items()]
    return f"`{' '.join(['tfreid', name, shlex.quote(folder), *flags_given])}`"


def _define(groups):
    values = flags.FlagValues()
    flags.DEFINE_string(IMPORT, "", _IMPORT_HELP, flag_values=values)
    flags.DEFINE_boolean(QUIET, False, "Log warnings alone.", flag_values=values)
    for group in groups:
        for field in dataclasses.fields(group):
            _define_one(field, getattr(group, field.name, field.default), values)
    return values


def _define_one(field, default, values):
    rule, kind = rule_of(field), type(field.default)
    define = {bool: flags.DEFINE_boolean, int: flags.DEFINE_integer, float: flags.DEFINE_float}
    default = to_text(default) if kind is tuple else default
    define.get(kind, flags.DEFINE_string)(
        field.name, default, rule.help, flag_values=values, allow_override=True
    )


def _make(group, values):
    arguments = {}
    for field in dataclasses.fields(group):
        value = values[field.name].value
        element = rule_of(field).element
        arguments[field.name] = _split(field.name, value, element) if element else value
    return dataclasses.replace(group, **arguments) if _is_made(group) else group(**arguments)


def _is_made(group):
    """Returns whether a group is an instance, not a class."""
    return not isinstance(group, type)


def _split(name, text, element):
    items = [item for item in text.split(",") if item.strip()]
    try:
        if text and not items:  # a comma or a blank is no empty list, which may ask for all
            raise ValueError
        return tuple(map(element, items))
    except ValueError:
        raise InputError(
            f"--{name}={text}: give {element.__name__} values separated by commas."
        ) from None


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
        return _explain_bare(fields[bare.group(1)])
    return InputError(
        f"{text.splitlines()[0]}; give flags as --name=value (--helpfull lists them)."
    )


def _explain_unknown(name, flag, fields):
    names = [*fields, *(f"no{name}" for name, field in fields.items() if _kind(field) is bool)]
    hint = suggest(f"--{name}", [f"--{name}" for name in names])
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
