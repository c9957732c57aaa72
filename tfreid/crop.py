"""tfreid crop --video=walk.mp4 --boxes=tracks.txt --out=crops

Cuts people out of a camera's frames: pictures, and a table of them, crops.csv, that --add of
tfreid search and --dataset=csv take. Boxes are those of any tracker or detector; or a detector of
keras-cv finds people. The same command given again goes on with an interrupted run.
"""

from tfreid.command_line import run_command, show
from tfreid.options import parse
from tfreid.options.crop import CropOptions

GROUPS = (CropOptions,)


def main(argv):
    """Does what the command line asks for; returns the exit code."""
    (options,) = parse(argv, GROUPS)
    options.check_complete()
    from tfreid.frames.cropping import crop  # loads TensorFlow

    show(crop(options.with_absolute_paths()))
    return 0


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
