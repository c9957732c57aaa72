"""Sides that are measured against each other, each in a process of its own.

Libraries keep threads that spin while they wait, pin memory and bring their own copies of the same
mathematics, so two of them in one process measure each other. Here each side has its own process,
on the same cores with the same number of threads; while one works, the others sleep.
"""

import contextlib
import multiprocessing.connection
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time
import traceback

from tfreid.errors import InputError

NOT_INSTALLED = "not installed"
_ROOT = str(pathlib.Path(__file__).resolve().parent.parent.parent)
_PAUSE = 0.3  # seconds; threads that spin while they wait have given up by then
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Side:
    """A process that prepares a work once and then does it when told.

    Attributes:
      missing: why there is nothing to measure ("not installed", or what failed), else None.
      seconds: of each turn that was timed, by the clock.
      cpu_seconds: the same of all cores' work for it, its own processes included; what others
        do on the machine hardly changes these.
      results: what the work returned, first untimed, then in each turn.
    """

    def __init__(self, prepare, arguments, num_threads, python=sys.executable):
        """Starts the process and waits until its work is prepared and was done once.

        Args:
          prepare: function of a module, from `arguments` to the work, a function without
            arguments. Where it raises `ModuleNotFoundError`, the side is not installed.
          arguments: tuple.
          num_threads: cores that the process may use, and threads of its libraries.
          python: path of the Python that runs it.
        """
        self._connection, theirs = multiprocessing.Pipe()
        with _restrict(num_threads):
            self._process = _start(python, theirs)
        theirs.close()
        self._send((prepare, arguments))
        self.seconds, self.cpu_seconds, self.results = [], [], []
        self.missing, *_ = self._receive()
        if self.missing is None:
            self._work()

    def time_turn(self):
        """Lets the side do its work once and notes how long that took."""
        time.sleep(_PAUSE)
        seconds, cpu_seconds = self._work()
        if self.missing is None:
            self.seconds.append(seconds)
            self.cpu_seconds.append(cpu_seconds)

    def close(self):
        """Ends the process."""
        self._send(False)
        self._connection.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()

    def _work(self):
        self._send(True)
        self.missing, *times, result = self._receive()
        self.results.append(result)
        return times

    def _send(self, value):
        with contextlib.suppress(OSError):  # a process that has ended shows when we listen
            self._connection.send(value)

    def _receive(self):
        try:
            answer = self._connection.recv()
        except (EOFError, ConnectionError):
            return ("failed: its process ended; out of memory?", 0.0, 0.0, None)
        if isinstance(answer, InputError):
            self.close()
            raise answer
        return answer


def measure_sides(preparations, num_threads, repeats, pythons=None):
    """Measures several sides by turns, so that a machine that is busy is busy for all of them.

    Args:
      preparations: {name: (prepare, arguments)}, see `Side`; prepared one after the other. The
        first must work; what others cannot do is reported.
      num_threads: of each side; 0 for as many as there are cores.
      repeats: turns of each.
      pythons: {name: path} of the Pythons of those sides that another one runs.

    Returns:
      {name: `Side`}, closed.

    Raises:
      RuntimeError: where the first side cannot be measured.
    """
    num_threads = num_threads or len(os.sched_getaffinity(0))
    sides = {}
    try:
        for name, (prepare, arguments) in preparations.items():
            python = (pythons or {}).get(name, sys.executable)
            sides[name] = Side(prepare, arguments, num_threads, python)
            if len(sides) == 1 and sides[name].missing is not None:
                raise RuntimeError(f"{name}: {sides[name].missing}")  # the one to compare with
        for _ in range(repeats):
            for side in sides.values():
                if side.missing is None:
                    side.time_turn()
    finally:
        for side in sides.values():
            side.close()
    return sides


def report_sides(sides, units, unit="images"):
    """Returns {name: median and least seconds, and units per second by the median; or why not}."""
    report = {}
    for name, side in sides.items():
        if side.missing is not None:
            report[name] = side.missing
            continue
        median = statistics.median(side.seconds)
        report[name] = {
            "seconds_median": round(median, 4),
            "seconds_least": round(min(side.seconds), 4),
            "cpu_seconds_median": round(statistics.median(side.cpu_seconds), 4),
            f"{unit}_per_second": round(units / median, 2),
        }
    return report


def compare_sides(sides, ours, reverse=False):
    """Returns {"seconds_to_NAME": ..., "cpu_to_NAME": ...}: our time / that of another side.

    Each is the median over the turns, of quotients within one turn. Below 1 we are faster. Sides
    that are missing are left out. With `reverse` the first is the other way round, "speed_to_NAME":
    above 1 we are faster.
    """
    ratios = {}
    for name, side in sides.items():
        if name == ours or side.missing is not None or sides[ours].missing is not None:
            continue
        ratio = _divide(sides[ours].seconds, side.seconds)
        if reverse:
            ratios[f"speed_to_{name}"] = round(1 / ratio, 3)
        else:
            ratios[f"seconds_to_{name}"] = round(ratio, 3)
        ratios[f"cpu_to_{name}"] = round(_divide(sides[ours].cpu_seconds, side.cpu_seconds), 3)
    return ratios


def _divide(ours, theirs):
    return statistics.median(a / b for a, b in zip(ours, theirs))


def _read_cpu_seconds():
    """Returns the processor time of this process and of those it started that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextlib.contextmanager
def _restrict(num_threads):
    """Lets processes that are started meanwhile use only so many cores and threads."""
    cores = os.sched_getaffinity(0)
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update({name: str(num_threads) for name in _THREADS})
    os.sched_setaffinity(0, sorted(cores)[-num_threads:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _start(python, connection):
    """Returns a process that serves at the other end of a pipe."""
    # What is on our path beside the repository is for our Python.
    paths = [_ROOT, os.environ.get("PYTHONPATH", "")] if python == sys.executable else [_ROOT]
    return subprocess.Popen(
        [python, "-m", "tools.benchmarks.sides", str(connection.fileno())],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        pass_fds=[connection.fileno()],
    )


def _serve(connection):
    """Runs in the side's process: prepares what it is told, then works whenever asked."""
    try:
        prepare, arguments = connection.recv()
        work = prepare(*arguments)
        connection.send((None, 0.0, 0.0, None))
        while connection.recv():
            start, cpu_start = time.perf_counter(), _read_cpu_seconds()
            result = work()
            seconds, cpu_seconds = time.perf_counter() - start, _read_cpu_seconds() - cpu_start
            connection.send((None, seconds, cpu_seconds, result))
    except ModuleNotFoundError as error:
        connection.send((f"{NOT_INSTALLED} ({error.name})", 0.0, 0.0, None))
    except EOFError:
        pass  # whoever asked has gone
    except InputError as error:
        connection.send(error)
    except Exception as error:  # told to whoever asked, whatever it is
        traceback.print_exc()
        text = str(error).strip().splitlines()
        connection.send(
            (f"failed: {type(error).__name__}: {text[0] if text else ''}", 0.0, 0.0, None)
        )


if __name__ == "__main__":
    _serve(multiprocessing.connection.Connection(int(sys.argv[1])))
