"""In which order the tests are run, and where; what they start from is in `fixtures.py`."""

import signal

# A shell ignores it for what it starts in the background, and what is started there inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Long files are begun first: one that comes last leaves the other workers idle.
_LONG_FIRST = (
    *("tests/training", "tests/systems", "tests/serving", "tests/conformance", "tests/tools"),
    *(
        f"tests/{name}_test.py"
        for name in ("plugins", "search", "reproduce", "readme", "structure")
    ),
)
# These share the exports, which take as long to make as most files: one worker makes them.
_EXPORTED = ("client", "exporting", "loaded", "server_files")
_TOGETHER = (
    *(f"tests/serving/{name}_test.py" for name in _EXPORTED),
    "tests/training/initial_weights_test.py",
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG_FIRST))


def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return _TOGETHER[0] if nodeid.startswith(_TOGETHER) else super()._split_scope(nodeid)

    return Scheduling(config, log)


def pytest_configure(config):
    """Whoever only hands tests out to workers needs no TensorFlow, which takes seconds to load."""
    is_worker = hasattr(config, "workerinput")
    if is_worker or not getattr(config.option, "numprocesses", None):
        config.pluginmanager.import_plugin("tests.fixtures")
