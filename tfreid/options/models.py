"""Options of the list of weights by name."""

import dataclasses

from tfreid.options.fields import Checked, option


@dataclasses.dataclass(frozen=True)
class ModelsOptions(Checked):
    """Which weights are listed."""

    only: str = option("", "Part of a name, as in osnet_ain: only those are listed.")
