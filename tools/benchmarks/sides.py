"""Sides that are measured against each other, each in a process of its own.

Libraries keep threads that wait by turning, pin memory and bring their own copies of the same
mathematics, so two of them in one process measure each other. Here each side has its own process,
on the same cores with the same number of threads; while one works, the others sleep.
"""

import contextlib
import multiprocessing
import os
import statistics
import time
import traceback

from tfreid.errors import InputError

NOT_INSTALLED = "not installed"
_PAUSE = 0.3  # seconds; threads that wait by turning have given up by then
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Side:
    """A process that prepares a work once and then does it when told.

    Attributes:
      missing: why there is nothing to measure ("not installed", or what failed), else None.
      seconds: of each turn that was timed.
      results: what the work returned, first untimed, then in each turn.
    """

    def __init__(self, prepare, arguments, num_threads):
        """Starts the process and waits until its work is prepared and was done once.

        Args:
          prepare: function of a module, from `arguments` to the work, a function without
            arguments. Where it raises `ModuleNotFoundError`, the side is not installed.
          arguments: tuple.
          num_threads: cores that the process may use, and threads of its libraries.
        """
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, prepare, arguments))
        with _restrict(num_threads):
            self._process.start()
        theirs.close()
        self.seconds, self.results = [], []
        self.missing = self._receive()[0]
        if self.missing is None:
            self._work()

    def time_turn(self):
        """Lets the side do its work once and notes how long that took."""
        time.sleep(_PAUSE)
        seconds = self._work()
        if self.missing is None:
            self.seconds.append(seconds)

    def close(self):
        """Ends the process."""
        with contextlib.suppress(OSError):
            self._connection.send(False)
        self._connection.close()
        self._process.join(60)
        if self._process.is_alive():
            self._process.terminate()

    def _work(self):
        self._connection.send(True)
        self.missing, seconds, result = self._receive()
        self.results.append(result)
        return seconds

    def _receive(self):
        try:
            answer = self._connection.recv()
        except EOFError:
            raise RuntimeError("the process of a side ended: out of memory?") from None
        if isinstance(answer, InputError):
            raise answer
        return answer


def measure_sides(preparations, num_threads, repeats):
    """Measures several sides by turns, so that a machine that is busy is busy for all of them.

    Args:
      preparations: {name: (prepare, arguments)}, see `Side`; prepared one after the other.
      num_threads: of each side; 0 for as many as there are cores.
      repeats: turns of each.

    Returns:
      {name: `Side`}, closed.
    """
    num_threads = num_threads or len(os.sched_getaffinity(0))
    sides = {}
    try:
        for name, (prepare, arguments) in preparations.items():
            sides[name] = Side(prepare, arguments, num_threads)
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
            f"{unit}_per_second": round(units / median, 2),
        }
    return report


def compare_sides(sides, ours, reverse=False):
    """Returns {"seconds_to_NAME": median over the turns of our seconds / NAME's in the same turn}.

    Below 1 we are faster. Sides that are missing are left out. With `reverse` the quotient is the
    other way round, "speed_to_NAME": above 1 we are faster.
    """
    ratios = {}
    for name, side in sides.items():
        if name == ours or side.missing is not None or sides[ours].missing is not None:
            continue
        quotients = [a / b for a, b in zip(sides[ours].seconds, side.seconds)]
        ratio = statistics.median(quotients)
        key = f"speed_to_{name}" if reverse else f"seconds_to_{name}"
        ratios[key] = round(1 / ratio if reverse else ratio, 3)
    return ratios


@contextlib.contextmanager
def _restrict(num_threads):
    """Lets processes that are started meanwhile use only so many cores and threads."""
    cores = os.sched_getaffinity(0)
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update({name: str(num_threads) for name in _THREADS})
    os.sched_setaffinity(0, sorted(cores)[:num_threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(connection, prepare, arguments):
    """Runs in the side's process: prepares, then works whenever asked."""
    try:
        work = prepare(*arguments)
        connection.send((None, 0.0, None))
        while connection.recv():
            start = time.perf_counter()
            result = work()
            connection.send((None, time.perf_counter() - start, result))
    except ModuleNotFoundError as error:
        connection.send((f"{NOT_INSTALLED} ({error.name})", 0.0, None))
    except EOFError:
        pass  # whoever asked has gone
    except InputError as error:
        connection.send(error)
    except Exception as error:  # told to whoever asked, whatever it is
        traceback.print_exc()
        text = str(error).strip().splitlines()
        connection.send((f"failed: {type(error).__name__}: {text[0] if text else ''}", 0.0, None))
