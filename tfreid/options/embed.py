"""Options of bulk embedding."""

import dataclasses

from tfreid.errors import InputError
from tfreid.options.fields import option
from tfreid.options.paths import locate
from tfreid.options.search import ModelOptions


@dataclasses.dataclass(frozen=True)
class EmbedOptions(ModelOptions):
    """Which images, by which network, where to and where it runs."""

    images: str = option(
        "",
        "Pattern of image files, on a disk or in a bucket: * within a name, ** through folders, "
        "as in 'gs://photos/**'. Listed once, by the first run.",
        absolute=locate,
    )
    out: str = option(
        "", "Folder or address for the shards, one Parquet file each.", absolute=locate
    )
    shard: int = option(10_000, "Images of a shard: what an interruption costs.", minimum=1)
    batch_size: int = option(64, "Images per forward pass.", minimum=1)
    runner: str = option("DirectRunner", "Beam's runner: DirectRunner, DataflowRunner, ...")
    beam: str = option(
        "", "The runner's own options, as in '--project=P --region=R'; they go to Beam as they are."
    )

    def with_absolute_paths(self):
        """Returns the same with places that hold from every current directory, none empty."""
        for name in ("images", "out"):
            if not getattr(self, name):
                raise InputError(f"`{name}` is empty: give it.")
        if not self.place:
            raise InputError(
                "`workdir` is empty: give the folder of a training run or an export, or a `model`."
            )
        return super().with_absolute_paths()
