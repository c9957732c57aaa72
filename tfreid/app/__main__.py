"""tfreid app --model=NAME|--workdir=W --index=I

Opens a page on this machine: drop a photo, see who it is; add folders, calibrate, mark answers.
Nothing is asked of any other machine, and uploads are not kept. docs/app.md tells more.
"""

import importlib.util

from tfreid.command_line import run_command
from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.app import AppOptions
from tfreid.options.search import RetrievalOptions

GROUPS = (AppOptions, RetrievalOptions)
_PACKAGES = ("starlette", "uvicorn")


def main(argv):
    """Serves what the command line describes, until it is interrupted."""
    options, retrieval = parse(argv, GROUPS)
    options = options.with_absolute_paths()
    # Looked for before TensorFlow is loaded, which takes seconds.
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"the page needs {' and '.join(missing)}: install the extra, tfreid[app].")
    from tfreid.app.server import serve  # loads TensorFlow

    serve(options, retrieval)


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
