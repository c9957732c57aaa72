"""Answers as points of TensorBoard's projector."""

import numpy as np
import pytest
from PIL import Image

from tests.index.stand_in import ColorModel, write_color, write_colors
from tfreid.index.index import Index
from tfreid.index.points import write_points
from tfreid.options.search import RetrievalOptions


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_queries_and_what_was_found_are_points_with_pictures_each_image_once(tmp_path):
    paths = write_colors(tmp_path / "a", 6, people=3)
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(str(tmp_path / "a"))
    query = write_color(tmp_path / "q\n.png", (1, 2, 3))
    result = gallery.search([paths[0], query], RetrievalOptions(top_k=6))
    (tmp_path / "a" / "0003_c1_0002.png").unlink()  # one that is gone is a gray point
    with gallery.store.read() as view:
        write_points(result, view, str(tmp_path / "out"))
    rows = (tmp_path / "out" / "search-00000000.metadata.tsv").read_text().splitlines()
    assert rows[0].split("\t") == ["name", "role", "pid", "camid", "id"]
    assert len(rows) == 1 + 2 + 6
    assert [row.split("\t")[1] for row in rows[1:]] == ["query"] * 2 + ["match"] * 6
    assert sorted(row.split("\t")[4] for row in rows[3:]) == list("123456")
    tensor = np.loadtxt(tmp_path / "out" / "search-00000000.tensor.tsv")
    np.testing.assert_allclose(tensor[0], tensor[2], atol=1e-4)  # the query itself comes first
    with Image.open(tmp_path / "out" / "search-00000000.sprite.png") as sprite:
        assert sprite.size == (3 * 64, 3 * 64)
