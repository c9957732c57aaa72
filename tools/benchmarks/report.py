"""Where a benchmark's numbers go, and what they say of the machine."""

import dataclasses
import json
import os
import pathlib
import platform
import time

from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.options.fields import Checked, option


@dataclasses.dataclass(frozen=True)
class ReportOptions(Checked):
    """Where the numbers go."""

    json: str = option("", "File to write the JSON object to, besides printing it.")

    def check(self):
        """Measuring takes an hour: what cannot be written is told before."""
        if not self.json:
            return
        folder = pathlib.Path(self.json).absolute().parent
        while not folder.exists():
            folder = folder.parent
        if os.path.isdir(self.json) or not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise InputError(
                f"--json={self.json}: cannot be written; give a file in a folder that can be."
            )

    def save(self, numbers):
        """Writes what was measured, if a file was named; returns it as text."""
        text = json.dumps(numbers, indent=2)
        if self.json:
            write_text(self.json, text + "\n")
        return text


def describe_machine():
    """Returns what a figure depends on besides the code: the processor and how busy it is."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": _read_processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 1),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def _read_processor():
    """Returns the processor's name, as Linux tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            names = [line.split(":", 1)[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
