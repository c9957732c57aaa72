"""python -m tfreid.check_data --dataset=market1501 --data_dir=D

Says in words what a data set holds and what is wrong with it; exits with 1 if it could not work.

Own images lie in three folders (--dataset=folder):
    bounding_box_train   people to learn from
    query                images to look for, of other people
    bounding_box_test    the gallery: images to look among, of the same people by other cameras

A name begins with identity and camera, PID_cCAMERA, as in 0007_c3_0001.jpg. Without training, the
first folder may be missing; without evaluation, the other two. Or a table, as make-table makes it,
lists the images wherever they lie (--dataset=csv --data_dir=TABLE.csv); or there is a folder for
each person (--dataset=identity_folders). --report=FILE.csv lists all that is wrong.
"""

from tfreid.command_line import name_flags, run_command, show
from tfreid.errors import InputError
from tfreid.options import DataOptions, parse
from tfreid.options.data import CheckOptions
from tfreid.options.help import find_fields

GROUPS = (DataOptions, CheckOptions)


def main(argv):
    """Prints the report that the command line asks for; returns the exit code."""
    data, check = parse(argv, GROUPS)
    check = check.with_absolute_paths()
    from tfreid.data.findings import check_replaceable, write_faults
    from tfreid.data.readers import read_layout  # loads TensorFlow: not for a mistyped flag

    if check.report:
        check_replaceable(check.report)
    try:
        dataset = read_layout(data)
    except InputError as error:
        if check.report:
            write_faults(check.report, [("error", "", text) for text in error.faults or (error,)])
        raise
    report = _inspect(dataset, check)
    if check.report:
        write_faults(check.report, report.list_faults())
    show(name_flags(report.text(), find_fields({"": GROUPS})))
    works = {
        "both": report.can_train and report.can_evaluate,
        "train": report.can_train,
        "evaluate": report.can_evaluate,
    }
    return 0 if works[check.purpose] else 1


def _inspect(dataset, check):
    from tfreid.data.checks import inspect

    planned = check.identities_per_batch or None, check.images_per_identity
    return inspect(dataset, check.full, *planned)


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
