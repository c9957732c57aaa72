"""A desk over a small index of colors, and a page that asks it."""

import io

from PIL import Image

from tests.image_files import encode
from tests.index.stand_in import ColorModel
from tfreid.data.image_headers import read_header
from tfreid.errors import InputError
from tfreid.index.index import Index
from tfreid.options.search import RetrievalOptions


class PhotoModel(ColorModel):
    """Reads bytes, too, and refuses what the library refuses."""

    def prepare(self, item, notice=None):
        if not isinstance(item, bytes):
            return super().prepare(item)
        try:
            notice(read_header(io.BytesIO(item)).oddities)
        except ValueError as error:
            raise InputError(f"image of {len(item)} bytes: {error}.") from error
        return super().prepare(item)


def make_desk(folder, accepts=0, strangers=0, **options):
    from tfreid.app.desk import Desk

    model = PhotoModel()
    return Desk(
        lambda: Index(str(folder), model),
        RetrievalOptions(top_k=6, max_false_accepts=accepts, max_strangers=strangers),
        **options,
    )


def encode_color(color):
    """Returns the bytes of an upright PNG of one color, others than `write_color` writes."""
    return encode(Image.new("RGB", (8, 16), color), "PNG", compress_level=1)


def save_again(path):
    """Returns the bytes of a picture saved anew: another file, which the index may answer with."""
    with Image.open(path) as image:
        return encode(image, "PNG", compress_level=1)
