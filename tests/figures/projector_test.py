"""The projector's files: they agree with each other, and with what TensorBoard parses."""

import os

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import ProjectorConfig

from tfreid.errors import InputError
from tfreid.figures import projector
from tfreid.figures.projector import choose_points, make_sprite, write_projector

COLORS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 0), (0, 90, 90)]
COLUMNS = {"pid": [7, 7, 8, 9, 9], "split": ["query", "gallery", "a\tb", "line\nbreak", ""]}


def make_embeddings(rows=5, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, 3)).astype(np.float32)


def make_sprites():
    return [np.full((40, 20, 3), color, np.uint8) for color in COLORS]


def read_config(folder):
    with open(os.path.join(folder, projector.CONFIG), encoding="utf-8") as file:
        return text_format.Parse(file.read(), ProjectorConfig())


def read_lines(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read().splitlines()


def test_tensor_metadata_sprite_and_configuration_agree(tmp_path):
    embeddings = make_embeddings()
    path = write_projector(tmp_path, "market1501", embeddings, COLUMNS, make_sprites(), step=30)
    assert path == str(tmp_path / "projector_config.pbtxt")
    (entry,) = read_config(tmp_path).embeddings
    assert entry.tensor_name == "market1501" and list(entry.tensor_shape) == [5, 3]
    rows = [line.split("\t") for line in read_lines(tmp_path, entry.tensor_path)]
    np.testing.assert_allclose(np.array(rows, float), embeddings, rtol=1e-5)
    assert read_lines(tmp_path, entry.metadata_path) == [
        *("pid\tsplit", "7\tquery", "7\tgallery", "8\ta\\tb", "9\tline\\nbreak", "9\t")
    ]
    assert list(entry.sprite.single_image_dim) == [64, 64]
    with Image.open(tmp_path / entry.sprite.image_path) as sprite:
        assert sprite.size == (3 * 64, 3 * 64)


def test_a_single_column_has_no_header(tmp_path):
    """TensorBoard would take a header above one column for a label."""
    write_projector(tmp_path, "one", make_embeddings(2), {"pid": [3, 4]})
    (entry,) = read_config(tmp_path).embeddings
    assert read_lines(tmp_path, entry.metadata_path) == ["3", "4"]
    assert not entry.sprite.image_path


def test_sprites_stand_in_order_with_transparent_margins():
    sprite = np.asarray(make_sprite(make_sprites(), side=40))
    assert sprite.shape == (120, 120, 4)  # 5 pictures on the smallest square grid
    for i, color in enumerate(COLORS):
        row, col = divmod(i, 3)
        cell = sprite[row * 40 : row * 40 + 40, col * 40 : col * 40 + 40]
        np.testing.assert_array_equal(cell[:, 10:30], np.broadcast_to((*color, 255), (40, 20, 4)))
        assert (cell[:, :10, 3] == 0).all() and (cell[:, 30:, 3] == 0).all()
    assert (sprite[40:80, 80:, 3] == 0).all() and (sprite[80:, :, 3] == 0).all()


def test_other_embeddings_stay_and_the_same_name_is_replaced(tmp_path):
    write_projector(tmp_path, "market1501", make_embeddings(), COLUMNS, make_sprites(), step=10)
    write_projector(tmp_path, "synthetic", make_embeddings(2), {"pid": [1, 2]}, step=10)
    write_projector(tmp_path, "market1501", make_embeddings(4), {"pid": [1, 2, 3, 4]}, step=20)
    entries = {entry.tensor_name: entry for entry in read_config(tmp_path).embeddings}
    assert sorted(entries) == ["market1501", "synthetic"]
    assert list(entries["market1501"].tensor_shape) == [4, 3]
    assert sorted(name for name in os.listdir(tmp_path) if "tfevents" not in name) == [
        "market1501-00000020.metadata.tsv",
        "market1501-00000020.tensor.tsv",
        "projector_config.pbtxt",
        "synthetic-00000010.metadata.tsv",
        "synthetic-00000010.tensor.tsv",
    ]


def test_writing_a_step_again_keeps_its_files(tmp_path):
    for rows in (5, 4):
        columns = {"pid": range(rows)}
        write_projector(tmp_path, "market1501", make_embeddings(rows), columns, step=10)
    (entry,) = read_config(tmp_path).embeddings
    assert len(read_lines(tmp_path, entry.tensor_path)) == 4
    assert len(read_lines(tmp_path, entry.metadata_path)) == 4


def test_the_folder_becomes_a_run_that_tensorboard_sees(tmp_path):
    """Its projector ignores folders without an event file; one is enough."""
    for step in (1, 2):
        write_projector(tmp_path, "a", make_embeddings(1), {"pid": [1]}, step=step)
    assert sum("tfevents" in name for name in os.listdir(tmp_path)) == 1


def test_a_configuration_names_no_file_of_somebody_else(tmp_path):
    mine = [tmp_path / "mine.tsv", tmp_path / "p" / "notes.txt", tmp_path / "p" / "a.tensor.tsv"]
    (tmp_path / "p").mkdir()
    for path in mine:
        path.write_text("mine")
    for kind in ("tensor_path", "metadata_path"):
        for name in (str(mine[0]), "../mine.tsv", "notes.txt", "a.tensor.tsv", ""):
            text = f'embeddings {{ tensor_name: "a" {kind}: "{name}" }}'
            (tmp_path / "p" / projector.CONFIG).write_text(text)
            write_projector(tmp_path / "p", "a", make_embeddings(1), {"pid": [1]})
    assert [path.read_text() for path in mine] == ["mine"] * 3


def test_a_pipe_in_place_of_the_configuration_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / projector.CONFIG)
    with pytest.raises(InputError, match="projector_config.pbtxt: .*pipe"):
        write_projector(tmp_path, "a", make_embeddings(1), {"pid": [1]})


def test_points_are_whole_identities_and_always_the_same():
    pids = np.repeat([-1, 0, 1, 2, 3, 4, 5], [9, 9, 4, 4, 4, 4, 4])
    rows = choose_points(pids, max_points=14)
    assert rows.tolist() == sorted(rows.tolist()) == choose_points(pids, max_points=14).tolist()
    shown, counts = np.unique(pids[rows], return_counts=True)
    assert len(shown) == 3 and (counts == 4).all() and shown.min() > 0
    others = {tuple(choose_points(pids, 14, seed)) for seed in range(8)}
    assert len(others) > 1
    assert choose_points(pids, 1000).tolist() == list(range(18, 38))
    assert choose_points(np.array([0, -1]), 10).tolist() == []


def test_too_many_sprites_are_refused():
    """Nine pictures of 4,096 pixels make three rows; only two fit into 8,192."""
    with pytest.raises(InputError, match="cannot hold 9 pictures of 4096 pixels; at most 4"):
        make_sprite([np.zeros((4, 2, 3), np.uint8)] * 9, side=4096)


@pytest.mark.parametrize(
    "name, embeddings, columns, message",
    [
        ("a/b", np.ones((2, 3)), {"pid": [1, 2]}, "name 'a/b': letters, digits"),
        ("a", np.ones(3), {"pid": [1, 2, 3]}, r"float\[N, D\], not of shape \(3,\)"),
        ("a", np.ones((0, 3)), {"pid": []}, r"not of shape \(0, 3\)"),
        ("a", np.ones((2, 3)), {"pid": [1]}, r"2 embeddings, but columns of lengths {'pid': 1}"),
        ("a", np.full((1, 3), np.nan), {"pid": [1]}, "not finite"),
        ("a", np.ones((1, 3)), {}, "1 embeddings, but columns of lengths {}"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path, name, embeddings, columns, message):
    with pytest.raises(ValueError, match=message):
        write_projector(tmp_path / "projector", name, embeddings, columns)
    assert not (tmp_path / "projector").exists()


def test_a_folder_that_cannot_be_and_a_damaged_configuration_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file/a-00000000.tensor.tsv: cannot be written"):
        write_projector(tmp_path / "file", "a", make_embeddings(1), {"pid": [1]})
    (tmp_path / projector.CONFIG).write_text("embeddings { tensor_na")
    with pytest.raises(InputError, match="projector_config.pbtxt: no configuration of TensorB"):
        write_projector(tmp_path, "a", make_embeddings(1), {"pid": [1]})


def test_a_missing_picture_leaves_the_last_configuration(tmp_path):
    write_projector(tmp_path, "a", make_embeddings(1), {"pid": [1]}, step=1)
    with pytest.raises(InputError, match="nowhere.jpg: cannot be read"):
        write_projector(tmp_path, "a", make_embeddings(1), {"pid": [1]}, ["nowhere.jpg"], step=2)
    (entry,) = read_config(tmp_path).embeddings
    assert entry.tensor_path == "a-00000001.tensor.tsv"
    assert len(read_lines(tmp_path, entry.tensor_path)) == 1
