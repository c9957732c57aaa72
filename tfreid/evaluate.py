"""python -m tfreid.evaluate --workdir=W [--dataset=market1501 --data_dir=D]

Evaluates a trained network on its own data set, or on another one (cross-domain): prints a table
and adds a line for each protocol of the data set to W/metrics.jsonl.
"""

from tfreid.doors import run_door
from tfreid.options import EvaluationOptions, parse
from tfreid.options.evaluate import CheckpointOptions

GROUPS = (CheckpointOptions, EvaluationOptions)


def main(argv):
    """Evaluates what the command line describes; returns the exit code."""
    checkpoint, evaluation = parse(argv, GROUPS)
    from tfreid.evaluation.protocols import name_line
    from tfreid.evaluation.report import append_metrics, format_table
    from tfreid.runs.evaluation import evaluate_checkpoint, list_all_lines  # loads TensorFlow
    from tfreid.runs.workdir import Workdir

    *_, retrieval, line = evaluate_checkpoint(checkpoint, evaluation)
    lines = list_all_lines(retrieval, line)
    print(format_table({name_line(line): line for line in lines}))
    append_metrics(Workdir(checkpoint.workdir).metrics, *lines)
    return 0


if __name__ == "__main__":
    run_door(main, GROUPS, __doc__)
