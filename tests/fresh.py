"""Fresh processes in which TensorFlow is imported already: a fork of one that did nothing else.

Each is as `python -m MODULE` would be, but for the four seconds that the import takes.
"""

import multiprocessing
import os
import pathlib
import runpy
import sys
import tempfile

_STREAMS = ("output", "errors")
_CONTEXT = multiprocessing.get_context("forkserver")
# What takes long; nothing of tfreid, which each imports by itself.
_CONTEXT.set_forkserver_preload(["tensorflow", "tf_keras", "matplotlib.pyplot", "scipy.spatial"])


def start(argv, cwd, **environment):
    """Starts a module, a file or, after "-c", code with its arguments; returns a `Fresh`."""
    return Fresh(list(map(str, argv)), os.fspath(cwd), {**os.environ, **environment})


def run(argv, cwd):
    """Returns what a process says that ends well."""
    process = start(argv, cwd)
    output, errors = process.communicate()
    assert process.returncode == 0, errors[-4000:]
    return output


class Fresh:
    """A process with what tests use of `subprocess.Popen`; what it says is in two files."""

    def __init__(self, argv, cwd, environment):
        self._folder = tempfile.TemporaryDirectory()
        arguments = argv, cwd, environment, self._folder.name
        self._process = _CONTEXT.Process(target=_run, args=arguments)
        self._process.start()

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self._process.exitcode

    def send_signal(self, number):
        os.kill(self._process.pid, number)

    def communicate(self, timeout=600):
        """Waits for the end; returns what was written to standard output and error."""
        self._process.join(timeout)
        assert self.returncode is not None, "it hangs"
        folder = pathlib.Path(self._folder.name)
        said = [(folder / name).read_text(encoding="utf-8") for name in _STREAMS]
        self._folder.cleanup()
        return said


def _run(argv, cwd, environment, folder):
    for descriptor, name in enumerate(_STREAMS, start=1):
        file = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    program, *sys.argv[1:] = argv
    if program == "-c":
        exec(compile(sys.argv.pop(1), "<string>", "exec"), {"__name__": "__main__"})
    elif program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
