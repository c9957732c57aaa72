"""Long work in a thread of its own, one at a time, which tells how far it is."""

import threading

from absl import logging

from tfreid.errors import InputError
from tfreid.escaping import escape
from tfreid.progress import watch


class Work:
    """What is done beside the answers, or was done last."""

    def __init__(self):
        self._starting, self._thread = threading.Lock(), None
        self._progress = self._failed = None
        self._text, self._is_stopped = "", False

    def start(self, do):
        """Calls `do`, which returns what came out in words, in a thread.

        Raises:
          InputError: while other work is under way.
        """
        with self._starting:
            if self._is_running():
                raise InputError("Something is added or calibrated already; wait for its end.")
            self._progress = self._failed = None
            self._text, self._is_stopped = "", False
            # A daemon: what is added so far is in the index, and a page that ends need not wait.
            self._thread = threading.Thread(target=self._do, args=(do,), daemon=True)
            self._thread.start()

    def stop(self):
        """Ends the work after its next step, and waits for that."""
        self._is_stopped = True
        if self._is_running():
            self._thread.join()

    def describe(self):
        """Returns {"is_running", "title", "done", "total", "seconds" left, "text", "is_failed"}."""
        # Once: the thread may put another one in its place meanwhile.
        progress = self._progress
        return {
            "is_running": self._is_running(),
            "title": progress and progress.title,
            "done": progress and progress.done,
            "total": progress and progress.total,
            "seconds": progress and progress.remaining,
            "text": self._text,
            "is_failed": bool(self._failed),
        }

    def _is_running(self):
        return self._thread is not None and self._thread.is_alive()

    def _do(self, do):
        try:
            with watch(self._notice):
                self._text = do()
        except InputError as error:
            self._failed, self._text = True, escape(str(error))
        except Exception:
            # Nobody waits for this thread: what is not told here is told nowhere.
            logging.exception("work of the page failed")
            self._failed, self._text = True, "It failed; the terminal tells why."

    def _notice(self, progress):
        # The only place where long work looks up, and so the only one where it can stop.
        self._progress = progress
        if self._is_stopped:
            raise InputError("Stopped; the same again goes on from here.")
