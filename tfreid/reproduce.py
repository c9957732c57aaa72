"""python -m tfreid.reproduce --table=sona_table_5 --dataset=market1501 --data_dir=D --out=O

Runs what a published table is made of and writes it to O as Markdown, JSON and a plot: our mean and
deviation, the published figures, the difference. The same command given again goes on. The tables:
sona_table_2 to sona_table_5, sona_section_3_4, sona_section_3_5, kvm_table_1 and kvm_table_3.
--scale=small is the same with small networks and few steps, for a laptop; --print_commands prints
the trainings instead of running them, for a cluster.
"""

from tfreid.command_line import run_command, show
from tfreid.escaping import escape
from tfreid.options import parse
from tfreid.options.reproduce import ReproduceOptions
from tfreid.reproduction.plan import Plan


def main(argv):
    """Runs the table that the command line names; returns the exit code."""
    (options,) = parse(argv, (ReproduceOptions,))
    options = options.with_absolute_paths()
    Plan(options)  # a mistyped flag needs no TensorFlow
    from tfreid.reproduction.command import list_commands, reproduce
    from tfreid.training.signals import Interrupted

    if options.print_commands:
        show("\n".join(list_commands(options)))
        return 0
    try:
        paths, failures = reproduce(options)
    except Interrupted as interruption:
        return 128 + interruption.signal_number
    with open(paths[0], encoding="utf-8") as file:
        show(file.read())
    show("\n  ".join(["Written:", *map(escape, paths)]))
    return 1 if failures else 0


if __name__ == "__main__":
    run_command(main, (ReproduceOptions,), __doc__)
