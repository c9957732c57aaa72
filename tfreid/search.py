"""tfreid search --workdir=W|--model=NAME --index=I --add=FOLDER | --query=photo.jpg | ...

Keeps an index of images on the disk and looks for people in it:

    --add=FOLDER        adds images (a folder, a CSV table, one image); continues where it stopped
    --query=photo.jpg   finds the nearest; --out=sheet.html, answer.json or a folder for TensorBoard
    --remove=PATH       removes images by path or id
    --calibrate=FOLDER  learns from labeled images which distance means how many false accepts
    --export=FOLDER     writes all vectors as Parquet files; --add=FOLDER takes them, too
"""

from tfreid.command_line import run_command, show
from tfreid.options import parse
from tfreid.options.search import RetrievalOptions, SearchOptions

GROUPS = (SearchOptions, RetrievalOptions)
EVERYDAY = (
    *("workdir", "model", "index", "add", "query", "remove", "copies", "prune"),
    *("calibrate", "export", "out", "top_k", "vector_index", "rerank"),
    *("max_false_accepts", "max_strangers", "camera", "since", "group_by"),
)


def main(argv):
    """Does what the command line asks for; returns the exit code."""
    options, retrieval = parse(argv, GROUPS)
    action = options.find_action()
    options = options.with_absolute_paths()
    from tfreid.index import commands  # loads TensorFlow

    show(getattr(commands, action)(options, retrieval))
    return 0


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__, EVERYDAY)
