"""Options of the page in the browser."""

import dataclasses

from tfreid.errors import InputError
from tfreid.options.fields import option
from tfreid.options.search import IndexOptions


@dataclasses.dataclass(frozen=True)
class AppOptions(IndexOptions):
    """The model and the index of the page, and who may open it."""

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
        super().check()
        if not self.index or not self.place:
            missing = "`model` and `workdir` are" if self.index else "`index` is"
            raise InputError(f"{missing} empty: give the model and the folder of its index.")
        if not self.host:
            raise InputError("`host` is empty: give an address, such as 127.0.0.1.")
