"""`tfreid COMMAND` and `python -m tfreid COMMAND`: all commands behind one name."""

import runpy
import sys

from tfreid.command_line import run, show
from tfreid.errors import InputError, suggest
from tfreid.version import __version__

COMMANDS = {  # command -> (the module that is run, what it does)
    "models": ("tfreid.weights", "lists weights by name, for networks that need no training"),
    "demo": ("tfreid.demo", "trains both systems on drawn people, in minutes"),
    "make-table": ("tfreid.make_table", "makes a table of your own photos, parted into splits"),
    "check-data": ("tfreid.check_data", "says what a data set holds and what is wrong with it"),
    "crop": ("tfreid.crop", "cuts people out of a camera's video, for all of these"),
    "train": ("tfreid.train", "trains a network, or goes on with an interrupted training"),
    "evaluate": ("tfreid.evaluate", "measures a trained network: mAP, rank-1, ..."),
    "visualize": ("tfreid.visualize", "draws what it finds and where it looks"),
    "export": ("tfreid.export", "writes a SavedModel for TF Serving"),
    "serving-client": ("tfreid.serving.client", "asks a TF Serving server about photos"),
    "embed": ("tfreid.embed", "embeds images in bulk, on one machine or many"),
    "search": ("tfreid.search", "keeps an index of photos and looks for people in it"),
    "app": ("tfreid.app", "opens the search as a page in this machine's browser"),
    "reproduce": ("tfreid.reproduce", "runs a table of a paper and sets it beside the published"),
}


def main():
    """Runs what the command line names; returns the exit code."""
    return run(_main)


def _main(argv):
    name, rest = (argv[1:2] or ["--help"])[0], argv[2:]
    if name in ("--help", "-h", "help"):
        show(_tell_usage())
    elif name == "--version":
        show(f"tfreid {__version__}")
    elif name.replace("_", "-") in COMMANDS:
        module, _ = COMMANDS[name.replace("_", "-")]
        sys.argv = [f"tfreid {name}", *rest]
        runpy.run_module(module, run_name="__main__")  # as `python -m` does; it exits
    else:
        hint = suggest(name, COMMANDS, end="") or f"give one of {', '.join(COMMANDS)}."
        raise InputError(f"{name}: no such command; {hint}")
    return 0


def _tell_usage():
    lines = [f"  {name:15} {text}" for name, (_, text) in COMMANDS.items()]
    head = "usage: tfreid COMMAND --name=value ...\n"
    subject = "Person re-identification in TensorFlow/Keras.\n"
    end = "\ntfreid COMMAND --help tells a command's flags; tfreid --version the version."
    return "\n".join([head, subject, *lines, end])


if __name__ == "__main__":
    sys.exit(main())
