"""How long `tfreid search` takes from its start to its first answer, and what of it is its own.

    python tools/benchmark.py first_answer --model=tfreid_small

An index of drawn people is made, then the command is run for one picture, again and again, by turns
with two others: `embedding` loads the same network and embeds the same picture, nothing else;
`tensorflow` only imports it. Everything is counted, from the start of Python to the end.
"""

import dataclasses
import os
import subprocess
import sys
import tempfile

import numpy as np

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.pedestrians.appearance import draw_people
from tfreid.pedestrians.layout import Picture
from tfreid.pedestrians.photograph import Shot
from tfreid.pedestrians.writer import draw_picture
from tools.benchmarks.sides import compare_sides, measure_sides, report_sides

_EMBED = "import sys, tfreid; tfreid.load(sys.argv[1]).embed([sys.argv[2]])"


@dataclasses.dataclass(frozen=True)
class FirstAnswerBenchmark(Checked):
    """Whose embeddings, and of how many images."""

    model: str = option("tfreid_small", "Name of weights, workdir or export that embeds.")
    people: int = option(100, "Images in the index, one of each person.", minimum=1)
    threads: int = option(0, "Threads and cores of each side; 0: all cores.", minimum=0)
    repeats: int = option(5, "Turns of each side.", minimum=1)


GROUPS = (FirstAnswerBenchmark,)
SMALL = ("--people=3", "--repeats=1")


def measure(options):
    """Returns the seconds of the three commands, and ours divided by the others'."""
    with tempfile.TemporaryDirectory() as folder:
        photos, index = os.path.join(folder, "photos"), os.path.join(folder, "index")
        query = write_photos(photos, options.people)
        search = [*_python("-m", "tfreid.search"), f"--model={options.model}", f"--index={index}"]
        prepare_command([*search, f"--add={photos}"])()
        commands = {
            "tfreid": [*search, f"--query={query}"],
            "embedding": _python("-c", _EMBED, options.model, query),
            "tensorflow": _python("-c", "import tensorflow"),
        }
        works = {name: (prepare_command, (command,)) for name, command in commands.items()}
        sides = measure_sides(works, options.threads, options.repeats)
    return {**report_sides(sides, 1, "answers"), **compare_sides(sides, "tfreid")}


def write_photos(folder, people):
    """Draws one photo of each person into a new folder; returns the path of the first one."""
    os.mkdir(folder)
    for number, person in enumerate(draw_people(people, np.random.default_rng(0))):
        shot = Shot(person, 0, (number,), 0)
        draw_picture(folder, 128, 64, Picture(f"{number:04d}.jpg", shot))
    return os.path.join(folder, "0000.jpg")


def prepare_command(command):
    """Returns the work of running a command to its end.

    It raises `InputError` where that fails, with the last line that it told.
    """

    def run():
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            words = done.stderr.strip().rpartition("\n")[2].removeprefix("error: ")
            raise InputError(f"exit code {done.returncode}: {words}")

    return run


def _python(*arguments):
    return [sys.executable, *arguments]
