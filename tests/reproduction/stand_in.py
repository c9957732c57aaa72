"""Stands for tfreid.train where a test needs many trainings: it leaves a result at once.

    WHAT='{"sona3_net": "refuse"}' python -m tests.reproduction.stand_in FLAGS

$WHAT says what a row does instead: refuse, crash, die, forget (its result), wait (to be stopped),
or the name of another row, whose start it waits for. O/order gets a line for each start.
"""

import json
import os
import signal
import sys
import time

from tfreid.options import TrainOptions
from tfreid.runs.workdir import Workdir

LINE = {"source": "train", "step": 7, "mAP": 50.0, "forward_ms": 8.0}


def main(argv):
    options = TrainOptions.parse(argv)
    workdir = Workdir(options.run.workdir)
    out, row = os.path.split(os.path.dirname(workdir.path))
    what = json.loads(os.environ.get("WHAT", "{}")).get(row, "")
    print(f"session {os.getsid(0)}", flush=True)
    signal.signal(signal.SIGTERM, lambda number, _frame: save(workdir, number))
    with open(os.path.join(out, "order"), "a", encoding="utf-8") as file:
        file.write(f"{row} on {os.environ.get('CUDA_VISIBLE_DEVICES')}\n")
    if what == "refuse":
        sys.exit("error: --epochs=0: must be at least 1.")
    if what == "crash":
        raise RuntimeError("no such kernel")
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    while what == "wait" or (what.startswith("sona") and what not in read_order(out)):
        time.sleep(0.01)
    if what != "forget":
        workdir.write_options(options)
        with open(workdir.metrics, "a", encoding="utf-8") as file:
            file.write(json.dumps(LINE) + "\n")


def save(workdir, number):
    signal.signal(number, signal.SIG_DFL)  # asked twice, it dies, as tfreid.train does
    time.sleep(0.1)
    with open(os.path.join(workdir.path, "saved"), "w", encoding="utf-8"):
        pass
    sys.exit(128 + number)


def read_order(out):
    with open(os.path.join(out, "order"), encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    main(sys.argv)
