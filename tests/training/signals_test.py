"""StopRequest: when a signal waits for the step, and when it interrupts at once."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from tfreid.training import signals
from tfreid.training.signals import SIGNALS, Interrupted, StopRequest


def send(number):
    os.kill(os.getpid(), number)


@pytest.fixture(autouse=True)
def no_signal_is_ignored():
    """As SIGHUP is in a suite that `nohup` runs."""
    ignored = [number for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_at_once_where_nothing_waits(number):
    with pytest.raises(Interrupted) as caught, StopRequest():
        send(number)
    assert caught.value.signal_number == number


def test_what_fails_because_of_the_interrupt_is_the_interrupt_and_other_errors_are_not():
    with pytest.raises(Interrupted), StopRequest():
        try:
            send(signal.SIGTERM)
        finally:
            object().there_is_none  # noqa: B018  (as in libraries that clear up)
    with pytest.raises(AttributeError), StopRequest() as request:
        request.waits = True
        send(signal.SIGTERM)
        object().there_is_none  # noqa: B018


def test_while_it_waits_a_signal_is_remembered_and_told_later():
    with pytest.raises(Interrupted) as caught, StopRequest() as request:
        request.waits = True
        send(signal.SIGTERM)
        assert request.received == signal.SIGTERM
        request.waits = False
        request.check()
    assert caught.value.signal_number == signal.SIGTERM


def test_a_second_signal_kills(repository):
    """Whoever asks twice does not want to wait; -15 is how Python tells of SIGTERM's own way."""
    code = (
        "import os, signal; from tfreid.training.signals import StopRequest\n"
        "with StopRequest() as request:\n"
        "    request.waits = True\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('waits', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('still here')\n"
    )
    done = run(repository, code)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "waits\n")


def test_the_handlers_before_it_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with StopRequest():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def run(repository, code):
    return subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )


def test_what_was_told_to_ignore_a_signal_ignores_it():
    """`nohup` and a shell's background jobs say so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequest() as request:
            send(signal.SIGHUP)
            assert not request.received
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_there_are_no_handlers_and_that_is_said(monkeypatch):
    def train():
        with StopRequest() as request:
            request.check()
        done.append(True)

    done, before = [], signal.getsignal(signal.SIGTERM)
    told = []
    monkeypatch.setattr(signals.logging, "info", told.append)
    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert done and signal.getsignal(signal.SIGTERM) == before
    assert "signals do not stop this training" in "".join(told)


def test_sigterm_waits_until_somebody_listens_and_while_others_take_it(repository):
    """SIG_IGN below Python stands in for TensorFlow's handler, which swallows it, too."""
    done = run(
        repository,
        "import ctypes, os\n"
        "from signal import SIGTERM\n"
        "from tfreid.training.signals import Interrupted, StopRequest, hold_sigterm, keep_sigterm\n"
        "for is_early in (True, False):\n"
        "    try:\n"
        "        with hold_sigterm():\n"
        "            if is_early: os.kill(os.getpid(), SIGTERM)\n"
        "            with StopRequest() as request:\n"
        "                request.listen()\n"
        "                with keep_sigterm():\n"
        "                    ctypes.CDLL(None).signal(SIGTERM, 1)\n"
        "                    os.kill(os.getpid(), SIGTERM)\n"
        "                    print('waits')\n"
        "                print('lost')\n"
        "    except Interrupted:\n"
        "        print('told')\n",
    )
    assert (done.stdout.split(), done.stderr) == (["told", "waits", "told"], "")


def test_an_interrupt_that_python_cannot_raise_is_remembered_without_a_trace(monkeypatch):
    class Dying:
        def __init__(self, act):
            self.act = act

        def __del__(self):
            self.act()

    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with pytest.raises(Interrupted), StopRequest() as request:
        Dying(lambda: [].pop())
        Dying(lambda: send(signal.SIGTERM))
        assert [error.exc_type for error in told] == [IndexError]
        request.check()
    assert sys.unraisablehook == told.append


def test_a_process_that_stands_below_python_ends_in_one_line(repository):
    """A hash that takes hours stands in for a collective that waits for a worker that is gone."""
    done = run(
        repository,
        "import hashlib, os, signal, threading\n"
        "from tfreid.training import signals\n"
        "signals.PATIENCE_S = 0.1\n"
        "with signals.StopRequest():\n"
        "    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 1 << 31 - 1)\n",
    )
    assert done.returncode == 128 + signal.SIGTERM
    assert "stopped by SIGTERM" in done.stderr and done.stderr.count("\n") == 1
