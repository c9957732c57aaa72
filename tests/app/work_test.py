"""Long work beside the answers."""

import threading

import pytest

from tfreid.app.work import Work
from tfreid.errors import InputError
from tfreid.progress import Progress


def test_one_thing_is_done_at_a_time_and_tells_how_far_it_is():
    work, go, looked = Work(), threading.Event(), threading.Event()

    def count():
        progress = Progress("Counting", 4)
        progress.advance()
        looked.set()
        go.wait()
        return "counted"

    work.start(count)
    looked.wait()
    told = work.describe()
    assert (told["title"], told["done"], told["total"]) == ("Counting", 1, 4)
    assert told["is_running"] and told["seconds"] >= 0
    with pytest.raises(InputError, match="already"):
        work.start(count)
    go.set()
    work.stop()
    assert work.describe()["text"] == "counted" and not work.describe()["is_running"]


def test_a_stop_ends_it_at_its_next_step():
    work, begun = Work(), threading.Event()

    def count():
        progress = Progress("Counting", 10**12)
        while True:
            progress.advance()
            begun.set()

    work.start(count)
    begun.wait()
    work.stop()
    told = work.describe()
    assert told["is_failed"] and not told["is_running"] and told["done"] < told["total"]


def test_what_goes_wrong_is_told_and_does_not_end_the_program():
    work = Work()
    for error in (InputError("too bad"), ZeroDivisionError("1")):
        work.start(lambda error=error: (_ for _ in ()).throw(error))
        work.stop()
        assert work.describe()["is_failed"] and work.describe()["text"]
