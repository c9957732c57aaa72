"""Options of the page in the browser."""

import dataclasses

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute
from tfreid.options.search import check_place


@dataclasses.dataclass(frozen=True)
class AppOptions(Checked):
    """The model and the index of the page, and who may open it."""

    workdir: str = option("", "Folder of a training run or of an export: the model.")
    model: str = option("", "In its place: the name of weights; `tfreid models` lists them.")
    index: str = option("", "Folder of the index; made by the first folder that is added.")
    host: str = option(
        "127.0.0.1",
        "Address to listen at. Any but this machine's own lets others in who have the token that "
        "is printed; they can search and mark, not add or calibrate.",
    )
    port: int = option(8477, "Port to listen at; 0: any that is free.", minimum=0, maximum=65535)
    browser: bool = option(True, "Open the page in this machine's browser.")
    search_log: bool = option(
        True,
        "Note each search (when, from where, which photo, what was shown) in the index folder.",
    )
    batch_size: int = option(64, "Images per forward pass.", minimum=1)

    def check(self):
        check_place(self.model, self.workdir)
        if not self.index or not self.place:
            missing = "`model` and `workdir` are" if self.index else "`index` is"
            raise InputError(f"{missing} empty: give the model and the folder of its index.")
        if not self.host:
            raise InputError("`host` is empty: give an address, such as 127.0.0.1.")

    @property
    def place(self):
        """Where the model is from: a workdir, an export, or a name."""
        return self.model or self.workdir

    def with_absolute_paths(self):
        """Returns the same with folders that hold from every current directory."""
        return dataclasses.replace(
            self, workdir=make_absolute(self.workdir), index=make_absolute(self.index)
        )
