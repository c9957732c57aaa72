"""python tools/torture.py KIND [--count=N] [--seed=S]

Damages real inputs of a kind, one at a time, and uses each: images, checkpoints, index, flags,
server, vectors, kills; `all` for each in turn. Whatever happens must be one of two: the answer is
as without the damage, or one line refuses and names the cure. Anything else is a fault, and exit
code 1.

Each kind is a module of `tools/tortures` with `make`, which writes inputs into an empty folder, and
`look`, which returns what they are good for. It may have a `harm` of its own in place of a damaged
file, and a `judge` where another answer than before may be right.
"""

import collections
import dataclasses
import os
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import numpy as np

if not __package__:  # run as a file: Python looks beside it, not where the packages are
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from tfreid.command_line import run_command  # noqa: E402
from tfreid.errors import InputError  # noqa: E402
from tfreid.options import parse  # noqa: E402
from tfreid.options.fields import Checked, option  # noqa: E402
from tools.tortures import checkpoints, flags, images, index, kills, server, vectors  # noqa: E402

KINDS = {
    "images": images,
    "checkpoints": checkpoints,
    "index": index,
    "flags": flags,
    "server": server,
    "vectors": vectors,
    "kills": kills,
}
HARMLESS, REFUSED, FAULT = "harmless", "refused", "fault"


@dataclasses.dataclass(frozen=True)
class TortureOptions(Checked):
    """How much, and which."""

    count: int = option(100, "Inputs that are damaged.", minimum=1)
    seed: int = option(0, "The same seed damages the same.", minimum=0)


def torture(kind, count, seed, report=lambda line: None):
    """Damages inputs of a kind.

    Args:
      kind: key of `KINDS`.
      count: how many.
      seed: of what is damaged, and how.
      report: function that gets a line for each fault.

    Returns:
      Counter of `HARMLESS`, `REFUSED` and `FAULT`.
    """
    module, tally = KINDS[kind], collections.Counter()
    with tempfile.TemporaryDirectory(prefix="tfreid-torture-") as place:
        whole, hurt = os.path.join(place, "whole"), os.path.join(place, "hurt")
        os.mkdir(whole)
        module.make(whole)
        shutil.copytree(whole, hurt, symlinks=True)
        before = module.look(hurt)
        for number in range(count):
            shutil.rmtree(hurt)
            shutil.copytree(whole, hurt, symlinks=True)
            numbers = np.random.default_rng([seed, number])
            told = getattr(module, "harm", damage_file)(hurt, numbers)
            verdict, reason = _judge(module, hurt, before)
            tally[verdict] += 1
            if verdict == FAULT:
                report(f"{kind} --seed={seed}, number {number}: {told}: {reason}")
    return tally


def _judge(module, folder, before):
    """Returns (verdict, reason); the only place where it is decided what is a fault."""
    try:
        after = module.look(folder)
    except getattr(module, "REFUSAL", InputError) as error:
        lines = str(error).splitlines()
        return (REFUSED, "") if len(lines) == 1 else (FAULT, f"{len(lines)} lines: {error}")
    except Exception:  # what nobody has foreseen is what is looked for
        return FAULT, traceback.format_exc()
    if hasattr(module, "judge"):
        return module.judge(before, after), f"{before} became {after}"
    return (HARMLESS if after == before else FAULT), f"{before} became {after}"


def damage_file(folder, numbers):
    """Damages one of the files below a folder; returns what was done."""
    paths = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    path = paths[numbers.integers(len(paths))]
    name, change = list(CHANGES.items())[numbers.integers(len(CHANGES))]
    content = bytearray(path.read_bytes())
    places = sorted(numbers.integers(0, len(content) + 1, 2))
    changed = change(content, *map(int, places), numbers)
    path.unlink() if changed is None else path.write_bytes(changed)
    return f"{path.relative_to(folder)} {name} at {places}"


def _flip(content, start, _, numbers):
    if content:
        content[start % len(content)] ^= 1 << numbers.integers(8)
    return content


CHANGES = {  # of bytes, between two places
    "with a flipped bit": _flip,
    "with another flipped bit": _flip,  # the hardest to notice: twice as often
    "cut off": lambda content, start, end, _: content[:start],
    "with zeros": lambda content, start, end, _: (
        content[:start] + bytes(end - start) + content[end:]
    ),
    "with noise": lambda content, start, end, numbers: (
        content[:start] + numbers.bytes(end - start) + content[end:]
    ),
    "without a part": lambda content, start, end, _: content[:start] + content[end:],
    "with a part twice": lambda content, start, end, _: content[:end] + content[start:],
    "with brackets": lambda content, start, end, _: content[:start] + b"[" * 9999 + content[start:],
    "emptied": lambda content, *_: b"",
    "removed": lambda content, *_: None,
}


def main(argv):
    """Tortures what the command line names; returns the exit code."""
    names = list(KINDS) if argv[1:2] == ["all"] else argv[1:2]
    if not set(names) <= set(KINDS) or not names:
        raise InputError(f"give one of {', '.join(KINDS)}, or all, and then flags.")
    (options,) = parse([argv[0], *argv[2:]], (TortureOptions,))
    faults = 0
    for name in names:
        clock = time.monotonic()
        tally = torture(name, options.count, options.seed, print)
        faults += tally[FAULT]
        found = ", ".join(f"{tally[verdict]} {verdict}" for verdict in (REFUSED, HARMLESS, FAULT))
        print(
            f"{name}: {options.count} tried: {found}; {time.monotonic() - clock:.0f} s", flush=True
        )
    return 1 if faults else 0


if __name__ == "__main__":
    run_command(main, (TortureOptions,), __doc__)
