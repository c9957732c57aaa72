"""python -m tfreid.evaluate --workdir=W [--dataset=market1501 --data_dir=D]

Evaluates a trained network on its own data set, or on another one (cross-domain): prints a table
and adds a line to W/metrics.jsonl.
"""

from tfreid.doors import run_door
from tfreid.options import EvaluationOptions, parse
from tfreid.options.evaluate import CheckpointOptions

GROUPS = (CheckpointOptions, EvaluationOptions)


def main(argv):
    """Evaluates what the command line describes; returns the exit code."""
    checkpoint, evaluation = parse(argv, GROUPS)
    from tfreid.evaluation.report import append_metrics, format_table
    from tfreid.runs.evaluation import evaluate_checkpoint  # loads TensorFlow
    from tfreid.runs.workdir import Workdir

    _, _, retrieval, metrics = evaluate_checkpoint(checkpoint, evaluation)
    print(format_table({metrics["dataset"]: metrics}))
    append_metrics(Workdir(checkpoint.workdir).metrics, metrics)
    return 0


if __name__ == "__main__":
    run_door(main, GROUPS, __doc__)
