"""python -m tfreid.check_data --dataset=market1501 --data_dir=D

Says in words what a data set holds and what is wrong with it. Exits with 1 when training or
evaluation could not work.

Own images lie in three folders under --data_dir (--dataset=folder):

    bounding_box_train   people to learn from
    query                images to look for, of other people
    bounding_box_test    the gallery: images to look among, of the same people by other cameras

A name begins with identity and camera, PID_cCAMERA, as in 0007_c3_0001.jpg. Without training, the
first folder may be missing; without evaluation, the other two. Or a table lists the images wherever
they lie (--dataset=csv --data_dir=TABLE.csv): its first line is path,pid,camid,split, and split is
train, query or gallery.
"""

from tfreid.command_line import name_flags, run_command
from tfreid.options import DataOptions, parse
from tfreid.options.check import CheckOptions
from tfreid.options.help import find_fields

GROUPS = (DataOptions, CheckOptions)


def main(argv):
    """Prints the report that the command line asks for; returns the exit code."""
    data, check = parse(argv, GROUPS)
    from tfreid.data.checks import inspect  # loads TensorFlow: not for a mistyped flag
    from tfreid.data.readers import read_layout

    report = inspect(
        read_layout(data), check.full, check.identities_per_batch or None, check.images_per_identity
    )
    print(name_flags(report.text(), find_fields({"": GROUPS})))
    works = {
        "both": report.can_train and report.can_evaluate,
        "train": report.can_train,
        "evaluate": report.can_evaluate,
    }
    return 0 if works[check.purpose] else 1


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
