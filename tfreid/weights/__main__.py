"""tfreid models

Lists weights by name: networks that were trained to tell people apart, and ImageNet starts. Nothing
is fetched by listing.
"""

from tfreid.command_line import run_command, show
from tfreid.options import parse
from tfreid.options.models import ModelsOptions
from tfreid.weights.table import list_models

GROUPS = (ModelsOptions,)


def main(argv):
    """Prints the table; returns the exit code."""
    (options,) = parse(argv, GROUPS)
    show(list_models(options.only))
    return 0


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
