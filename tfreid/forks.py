"""Processes that were forked from one in which TensorFlow had started: there it hangs."""

import os
import sys

from tfreid.errors import InputError

_cut_off = False  # whether this is one: its parent's threads, for which TensorFlow waits, are gone


def refuse_fork(*processes):
    """Raises `InputError` where TensorFlow would hang.

    Args:
      *processes: numbers of those in which may be done what is begun; none for any.
    """
    if _cut_off or (processes and os.getpid() not in processes):
        raise InputError(
            "this process was forked from one that had loaded a model, or used TensorFlow "
            "otherwise, which hangs in such a child; load models in the children only, or start "
            'them by "spawn" (multiprocessing.get_context("spawn"), gunicorn without its '
            "preloading)."
        )


def _look():
    global _cut_off
    # Its own note of whether its threads were started; to import it starts none.
    module = sys.modules.get("tensorflow.python.eager.context")
    started = getattr(getattr(module, "_context", None), "_initialized", False)
    _cut_off = _cut_off or bool(started)


os.register_at_fork(after_in_child=_look)
