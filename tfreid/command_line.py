"""What all commands share: from a command line to an exit code."""

import logging as python_logging
import os
import re
import signal
import sys

from absl import flags, logging

from tfreid import stack
from tfreid.errors import InputError, shorten
from tfreid.escaping import escape, escape_lines
from tfreid.options.flags import IMPORT, is_quiet, list_plugins
from tfreid.options.help import find_fields, tell_all, tell_everyday
from tfreid.plugins import import_plugins

_HEADING = """\
Flags (--helpfull tells all; --flagfile=FILE or --recipe=NAME reads them from a file,
--import=MODULE brings systems, backbones and data sets of your own, --quiet logs warnings alone):
"""

_OUT_OF_MEMORY = "ResourceExhaustedError"  # TensorFlow's, which is not loaded here
_LESS = "smaller batches or images take less, and so do fewer processes beside this one"


def run_command(main, groups, text, everyday=()):
    """Runs a command's `main` on the process's command line and exits.

    Exit codes: 0 for success, 1 after wrong input (told in one line), 128 + n when signal n
    stopped it.

    Args:
      main: function from argv (program name first) to an exit code or None.
      groups: options classes, for `--help`; or a function that returns {system: its options
        classes}, those of plugins among them.
      text: what the command does, for `--help`.
      everyday: flags that `--help` tells; none for all. `--helpfull` tells all of them.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: it was closed before
        stream.reconfigure(errors="backslashreplace")  # what its encoding lacks is escaped
    wanted = {"--help", "-h", "--helpshort", "--helpfull"} & set(sys.argv[1:])
    if wanted:
        sys.exit(run(lambda argv: _help(groups, text, everyday, wanted)))
    _set_up_logs(is_quiet(sys.argv))
    code = run(main, lambda: [IMPORT, *find_fields(_list_systems(groups))])
    if code and "TF_CONFIG" in os.environ:
        _leave_the_others(code)
    sys.exit(code)  # after all that an error held on to has been let go


def _leave_the_others(code):
    """Ends a worker that has said why: TensorFlow's own end waits for others, or is a trace."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    os._exit(code)


def _help(groups, text, everyday, wanted):
    import_plugins(list_plugins(sys.argv))
    systems = _list_systems(groups)
    full = "--helpfull" in wanted
    lines = tell_all(systems) if full else tell_everyday(systems, everyday)
    show(f"{text.strip()}\n\n{_HEADING}\n{lines}")
    return 0


def show(text):
    """Prints a command's answer; but errors and the log, nothing else goes to the terminal.

    Names in it are escaped where it is made, for they may hold line breaks; this is a last look.

    Raises:
      InputError: where it cannot be written, say into a file on a full disk.
    """
    try:
        print(escape_lines(text), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise InputError(
            f"the answer cannot be written ({error.strerror}); check where it goes."
        ) from error


def _drop_output():
    """Has what is still buffered go nowhere: flushed at the end of Python, it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _list_systems(groups):
    """Returns {system: its options classes} of the `groups` of a command."""
    return groups() if callable(groups) else {"": groups}


def name_flags(text, names):
    """Returns a message of the library in a command's words.

    The library names its arguments as Python does, by "seed=0" or "`seed`": to a person at a
    command line they are "--seed=0" and "--seed".

    Args:
      text: the message.
      names: the command's flags; what else the library names is left as it is.
    """
    either = "|".join(map(re.escape, names))
    pattern = rf"(?<![^\s(])({either})(?==)|`({either})`"
    return re.sub(pattern, lambda found: f"--{found[1] or found[2]}", text) if names else text


def run(main, list_flags=list):
    """Returns the exit code of a command's `main`; wrong input is told in one line.

    Args:
      main: function from argv to an exit code or None.
      list_flags: function that returns the names of the command's flags, those of plugins that
        `main` has imported among them.
    """
    try:
        return main(sys.argv)
    except InputError as error:
        print(f"error: {escape(name_flags(str(error), list_flags()))}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as error:  # a disk or a right that failed where nobody expected it
        if error.filename is None:
            raise
        print(escape(f"error: {error.filename}: {error.strerror}; check it."), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:
        if not isinstance(error, MemoryError) and type(error).__name__ != _OUT_OF_MEMORY:
            raise
        print(f"error: not enough memory ({escape(shorten(error))}); {_LESS}.", file=sys.stderr)
        return 1


class _OneLine(python_logging.Formatter):
    """Log lines that what they tell of cannot break or color; traces stay as they are."""

    def formatMessage(self, record):  # noqa: N802
        return escape(super().formatMessage(record))


def _set_up_logs(quiet):
    """Our own log lines with the time of day; of TensorFlow's, only what went wrong."""
    flags.FLAGS.mark_as_parsed()  # ours are not absl's global ones; without this its logs complain
    logging.use_absl_handler()
    logging.set_verbosity(logging.WARNING if quiet else logging.INFO)
    formatter = _OneLine("%(asctime)s %(message)s", "%H:%M:%S")
    logging.get_absl_handler().setFormatter(formatter)
    stack.quiet_tensorflow()
    # matplotlib tells at each start, where there is no home for its list, that it made one.
    python_logging.getLogger("matplotlib").setLevel(python_logging.WARNING)
