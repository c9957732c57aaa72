"""tfreid evaluate --workdir=W [--dataset=market1501 --data_dir=D]
   tfreid evaluate --model=osnet_x0_25_msmt17 --dataset=market1501 --data_dir=D
   tfreid evaluate --model=osnet_x0_25_msmt17 --dataset=mot --data_dir=MOT17 --gaps=1,10,50

Evaluates a trained network on its own data set, or on another one (cross-domain): prints a table
and adds a line for each protocol of the data set to W/metrics.jsonl. How it is measured is as in
the training, where no flag says otherwise. MOT sequences are measured by re-association: is a
person found again among all people of the same camera so many frames later?
"""

from tfreid.command_line import run_command, show
from tfreid.options import list_groups, parse
from tfreid.options.evaluate import CheckpointOptions, MeasureOptions
from tfreid.options.flags import list_plugins, peek
from tfreid.options.paths import make_absolute
from tfreid.plugins import import_plugins
from tfreid.runs.workdir import Workdir, read_options


def main(argv):
    """Evaluates what the command line describes; returns the exit code."""
    import_plugins(list_plugins(argv))  # the run's own flags may need them
    named, workdir = (peek(argv, name) or "" for name in ("model", "workdir"))
    run = CheckpointOptions(workdir=make_absolute(workdir), model=named)
    groups = (CheckpointOptions, MeasureOptions, read_options(run.place).evaluation)
    checkpoint, measured, evaluation = parse(argv, groups)
    from tfreid.evaluation.protocols import name_line
    from tfreid.evaluation.report import REASSOCIATED, TABLE_COLUMNS, format_table, offer_metrics
    from tfreid.frames.measuring import measure_sequences  # loads TensorFlow
    from tfreid.runs.evaluation import evaluate_checkpoint

    checkpoint = checkpoint.with_absolute_paths()
    if checkpoint.has_frames:
        lines, columns = measure_sequences(checkpoint, evaluation, measured), REASSOCIATED
    else:
        done = evaluate_checkpoint(checkpoint, evaluation, measured.multi_query, measured.rerank)
        lines, columns = done.lines, TABLE_COLUMNS
    show(format_table({name_line(line): line for line in lines}, columns))
    if checkpoint.workdir:
        offer_metrics(Workdir(run.workdir).metrics, *lines)
    return 0


def list_flags():
    """Returns {system: options classes} of this command."""
    evaluation = list_groups("evaluation").items()
    return {system: (CheckpointOptions, MeasureOptions, *groups) for system, groups in evaluation}


if __name__ == "__main__":
    run_command(main, list_flags, __doc__)
