"""Runs as processes: one on each GPU, or `jobs` of them, the next when one has ended."""

import concurrent.futures
import fcntl
import os
import queue
import signal
import subprocess
import sys
import threading

from absl import logging

LOG = "log.txt"
_VISIBLE = "CUDA_VISIBLE_DEVICES"


class Pool:
    """Runs planned runs, each in a process of its own with a log in its workdir."""

    def __init__(self, module, slots):
        """Starts nothing yet.

        Args:
          module: the program that takes the runs' flags.
          slots: environments, one for each run at the same time (see `list_slots`).
        """
        self._module, self._slots = module, slots
        self._free = queue.SimpleQueue()  # those that no run takes
        for slot in slots:
            self._free.put(slot)
        self._lock, self._running, self._is_stopped = threading.Lock(), set(), False

    def run(self, runs, note):
        """Calls `note(run, why it failed in one line, or "")` after the end of each run.

        Whatever ends this early, say Ctrl-C, makes the runs that go on save and end first.
        """
        with concurrent.futures.ThreadPoolExecutor(len(self._slots)) as executor:
            try:
                futures = {executor.submit(self._run_one, run): run for run in runs}
                for future in concurrent.futures.as_completed(futures):
                    note(futures[future], future.result())
            finally:
                # First told, then waited for: a run that goes on would last to its end.
                executor.shutdown(wait=False, cancel_futures=True)
                self._stop()

    def _run_one(self, run):
        slot = self._free.get()
        try:
            os.makedirs(run.workdir, exist_ok=True)
            with open(os.path.join(run.workdir, LOG), "a+b") as log:
                log.write(f"$ python -m {self._module} {' '.join(run.flags)}\n".encode())
                log.flush()
                start = log.tell()
                code = self._call(run, slot, log)
                log.seek(start)
                return _explain(code, log) if code else ""
        except OSError as error:
            return f"{run.workdir}: cannot be written ({error.strerror})."
        finally:
            self._free.put(slot)

    def _call(self, run, environment, log):
        """Returns the exit code of a run; negative after a signal."""
        with self._lock:
            if self._is_stopped:
                return -signal.SIGTERM
            logging.info("%s: starts or goes on.", run.name)
            process, pipe = _start(
                [sys.executable, "-m", self._module, *run.flags], environment, log
            )
            self._running.add(process)
        code = process.wait()
        os.close(pipe)
        with self._lock:
            self._running.remove(process)
        return code

    def _stop(self):
        with self._lock:
            self._is_stopped = True
            if self._running:
                logging.info("stopping: %d run(s) save and end.", len(self._running))
            for process in self._running:
                process.terminate()


def _start(command, environment, log):
    """Returns a process, and an end of a pipe: when that closes, the process gets SIGTERM.

    We alone hold that end, so that a run saves and ends when we die, however we die. The signal
    comes once, and is for Linux; elsewhere a run goes on to its end.
    """
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        command,
        stdin=read_end,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        # Ctrl-C in a terminal comes to us alone: a run that is asked twice does not save.
        start_new_session=True,
    )
    if sys.platform == "linux":
        # The kernel sends it SIGTERM when our end of the pipe is gone, also where we were killed.
        fcntl.fcntl(read_end, fcntl.F_SETOWN, process.pid)
        fcntl.fcntl(read_end, fcntl.F_SETSIG, signal.SIGTERM)
        fcntl.fcntl(read_end, fcntl.F_SETFL, os.O_ASYNC)
    os.close(read_end)
    return process, write_end


def _explain(code, log):
    """Returns in one line why a run has failed: its own error, or its last words."""
    if code < 0:
        name = signal.Signals(-code).name
        memory = " (for want of memory?)" if -code == signal.SIGKILL else ""
        return f"was killed by {name}{memory}; its log is {log.name}"
    lines = [line.strip() for line in log.read().decode(errors="replace").splitlines()]
    told = [line[len("error: ") :] for line in lines if line.startswith("error: ")]
    last = (told or [line[:300] for line in lines if line] or ["it said nothing"])[-1]
    return f"{last} (exit code {code}; its log is {log.name})"


def list_slots(environment, jobs, takes_all=False):
    """Returns the environments of the runs that go on at the same time, one for each.

    Args:
      environment: that of this process.
      jobs: how many; 0 for one on each GPU, or one without GPUs. More than GPUs share these.
      takes_all: whether each run trains on all GPUs at once, so that they count as one.
    """
    gpus = list_gpus(environment)
    if takes_all and gpus:
        gpus = [",".join(gpus)]
    if not gpus:
        return [dict(environment)] * (jobs or 1)
    # TensorFlow takes all memory of its GPU, unless it is told that it is not alone.
    sharing = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"} if jobs > len(gpus) else {}
    return [
        {**environment, **sharing, _VISIBLE: gpus[slot % len(gpus)]}
        for slot in range(jobs or len(gpus))
    ]


def list_gpus(environment):
    """Returns the names of the GPUs that CUDA_VISIBLE_DEVICES allows, else of all; [] for none.

    TensorFlow is not asked: it would take their memory for a mere waiter.
    """
    if _VISIBLE in environment:
        names = [name.strip() for name in environment[_VISIBLE].split(",")]
        hidden = [place for place, name in enumerate(names) if name in ("", "-1")]
        return names[: hidden[0]] if hidden else names  # CUDA stops at the first that is none
    try:
        answer = subprocess.run(
            ["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if answer.returncode:
        return []
    lines = [line for line in answer.stdout.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(lines))]
