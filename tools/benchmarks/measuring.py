"""How time and memory are measured."""

import concurrent.futures
import contextlib
import multiprocessing
import time


class Stopwatch:
    """Adds up how long something takes.

    Attributes:
      times: {"seconds": by the clock, "cpu_seconds": of this process's threads}.
    """

    def __init__(self):
        self.times = {"seconds": 0.0, "cpu_seconds": 0.0}

    @contextlib.contextmanager
    def running(self):
        """Counts what is done inside."""
        start, cpu_start = time.perf_counter(), time.process_time()
        yield
        self.times["seconds"] += time.perf_counter() - start
        self.times["cpu_seconds"] += time.process_time() - cpu_start


def list_times(works, repeats):
    """Times several works against each other, within one process.

    They take turns, so that a machine that is busy for a while is busy for all of them.

    Args:
      works: {name: function without arguments}.
      repeats: turns of each.

    Returns:
      {name: [seconds of each turn]}.
    """
    seconds = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def time_alternately(works, repeats):
    """Returns {name: seconds of the fastest turn}; see `list_times`."""
    return {name: min(values) for name, values in list_times(works, repeats).items()}


def run_alone(work, *arguments):
    """Returns what a function returns in a new process, with a memory of its own."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *arguments).result()


def measure_peak_memory(work):
    """Returns by how many bytes this process's memory grew at most while `work()` ran (Linux)."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # forget the peak so far
    before = _read_status("VmRSS")
    work()
    return _read_status("VmHWM") - before


def count_operations(graph):
    """Returns the floating-point operations of a graph of known shapes, by TensorFlow's count."""
    import tensorflow as tf

    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops


def _read_status(key):
    with open("/proc/self/status", encoding="ascii") as file:
        lines = dict(line.split(":", 1) for line in file)
    return 1024 * int(lines[key].split()[0])  # kB
