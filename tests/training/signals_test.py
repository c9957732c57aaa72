"""StopRequest: when a signal waits for the step, and when it interrupts at once."""

import os
import signal
import subprocess
import sys

import pytest

from tfreid.training.signals import Interrupted, StopRequest


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_at_once_where_nothing_waits(number):
    with pytest.raises(Interrupted) as caught, StopRequest():
        send(number)
    assert caught.value.signal_number == number


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
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "waits\n")


def test_the_handlers_before_it_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with StopRequest():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
