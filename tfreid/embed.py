"""tfreid embed --model=NAME|--workdir=W --images='photos/**' --out=FOLDER

Embeds images in bulk by Apache Beam: on this machine, or on many (--runner=DataflowRunner
--beam='--project=P --region=R'). FOLDER gets Parquet files, which `tfreid search --add=FOLDER`
takes and other engines load; a CSV file beside each for images that cannot be read. The same
command goes on where it was interrupted. docs/scale.md tells more.
"""

from tfreid.command_line import run_command, show
from tfreid.data.findings import tell_number
from tfreid.escaping import escape
from tfreid.options import parse
from tfreid.options.embed import EmbedOptions

GROUPS = (EmbedOptions,)


def main(argv):
    """Embeds what the command line describes; returns the exit code."""
    (options,) = parse(argv, GROUPS)
    options = options.with_absolute_paths()
    from tfreid.bulk.pipeline import embed  # loads TensorFlow

    images = embed(options)
    shards = tell_number(images.shards, "shard")
    show(
        f"{tell_number(images.images, 'image')} in {shards}: {escape(options.out)}\n"
        "What cannot be read is in bad-*.csv there, and what people see otherwise in odd-*.csv."
    )
    return 0


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
