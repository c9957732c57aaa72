"""One run as a process of its own, its log in its folder."""

import os
import re
import signal
import subprocess
import sys

from tfreid.errors import InputError

LOG = "log.txt"
_BEGIN = re.compile(r"; steps (\d+) to \d+,")
_STEP = re.compile(r"\bstep (\d+)/(\d+)")
_PART_BYTES = 20_000  # of a log, that are read at its beginning or end


class RunProcess:
    """A started run.

    Attributes:
      run: its `PlannedRun`.
      slot: number of the place, or GPU, that it takes.
    """

    def __init__(self, run, module, environment, slot):
        """Starts the run.

        Args:
          run: `PlannedRun`.
          module: program that takes the run's flags.
          environment: of the process.
          slot: kept for the caller.

        Raises:
          InputError: where the run's folder cannot be written.
        """
        self.run, self.slot = run, slot
        self._is_stopping = False
        self._log = os.path.join(run.workdir, LOG)
        pipe, alive = os.pipe()
        self._alive = os.fdopen(alive, "wb")  # closes when we die: the run ends, see `child`
        try:
            self._launch(module, environment, pipe)
        except OSError as error:
            self._alive.close()
            raise InputError(f"{run.workdir}: cannot be written ({error.strerror}).") from error
        finally:
            os.close(pipe)

    def _launch(self, module, environment, pipe):
        run, child = self.run, [sys.executable, "-m", "tfreid.reproduction.child", str(pipe)]
        os.makedirs(run.workdir, exist_ok=True)
        with open(self._log, "ab") as log:
            log.write(f"$ python -m {module} {' '.join(run.flags)}\n".encode())
            log.flush()
            self._start = log.tell()
            # A session of its own: Ctrl-C in the terminal comes once, from us.
            self._process = subprocess.Popen(
                [*child, run.workdir, module, *run.flags],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
                pass_fds=[pipe],
            )

    def poll(self):
        """Returns the exit code, or None while it runs."""
        code = self._process.poll()
        if code is not None:
            self._alive.close()
        return code

    def wait(self):
        """Returns when it has ended."""
        self._process.wait()

    def stop(self):
        """Asks the run to save and end. Asked again, it does not hear: it would not save."""
        if self.poll() is None and not self._is_stopping:
            self._is_stopping = True
            self._process.send_signal(signal.SIGTERM)

    def read_steps(self):
        """Returns (steps done before, steps done, all steps) as the log tells, or None so far."""
        begin, found = _BEGIN.search(self._read_head()), _STEP.findall(self._read_tail())
        return (int(begin.group(1)), *map(int, found[-1])) if begin and found else None

    def explain(self):
        """Returns in one line why the run has ended in failure."""
        code = self.poll()
        if code < 0:
            name = signal.Signals(-code).name
            memory = " (for want of memory?)" if -code == signal.SIGKILL else ""
            return f"was killed by {name}{memory}; its log is {self._log}"
        lines = [line for line in self._read_tail().splitlines() if line.strip()]
        told = [line[len("error: ") :] for line in lines if line.startswith("error: ")]
        last = told[-1] if told else (lines[-1].strip()[:300] if lines else "it said nothing")
        return f"{last} (exit code {code}; its log is {self._log})"

    def _read_head(self):
        with open(self._log, "rb") as file:
            file.seek(self._start)
            return file.read(_PART_BYTES).decode("utf-8", errors="replace")

    def _read_tail(self):
        """Returns the end of what this process, not an earlier one, has logged."""
        with open(self._log, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self._start, end - _PART_BYTES))
            return file.read().decode("utf-8", errors="replace")
