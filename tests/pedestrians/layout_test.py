"""Which pictures make the data set."""

import collections
import dataclasses
import re

import pytest

from tfreid.pedestrians import layout
from tfreid.pedestrians.layout import SyntheticSettings, plan_pictures

SETTINGS = SyntheticSettings(
    train_ids=9, test_ids=5, cameras=4, least_cameras=2, images_per_camera=3, distractors=7, junk=6,
    seed=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    """{folder: [(pid, camid, shot)]} of small settings."""
    folders = collections.defaultdict(list)
    for picture in plan_pictures(SETTINGS):
        folder, name = picture.path.split("/")
        pid, camid = re.fullmatch(r"(-1|\d{4})_c(\d)s1_\d{6}_00\.jpg", name).groups()
        folders[folder].append((int(pid), int(camid), picture.shot))
    return folders


def _find_ids(entries):
    return {pid for pid, _, _ in entries if pid > 0}


def test_training_and_test_identities_are_disjoint_and_interleave(plan):
    train, test = _find_ids(plan["bounding_box_train"]), _find_ids(plan["query"])
    assert (len(train), len(test)) == (9, 5)
    assert train | test == set(range(1, 15))
    assert min(train) < max(test) and min(test) < max(train)


def test_every_query_has_a_match_in_another_camera(plan):
    gallery = {(pid, camid) for pid, camid, _ in plan["bounding_box_test"]}
    for pid, camid, _ in plan["query"]:
        assert any(other == pid and camera != camid for other, camera in gallery)


def test_a_camera_gives_one_query_and_the_rest_to_the_gallery(plan):
    queries = collections.Counter((pid, camid) for pid, camid, _ in plan["query"])
    others = collections.Counter(
        (pid, camid) for pid, camid, _ in plan["bounding_box_test"] if pid > 0
    )
    assert set(queries.values()) == {1}
    assert set(others.values()) == {2}
    assert set(queries) == set(others)


def test_everyone_passes_at_least_two_of_the_four_cameras_and_some_all(plan):
    passed = collections.defaultdict(set)
    for pid, camid, _ in plan["bounding_box_train"]:
        passed[pid].add(camid)
    counts = {len(cameras) for cameras in passed.values()}
    assert counts <= {2, 3, 4} and len(counts) > 1
    assert set.union(*passed.values()) == {1, 2, 3, 4}


def test_the_gallery_holds_distractors_and_junk(plan):
    pids = collections.Counter(pid for pid, _, _ in plan["bounding_box_test"])
    assert (pids[0], pids[-1]) == (7, 6)
    junk = [shot for pid, _, shot in plan["bounding_box_test"] if pid == -1]
    assert sum(shot.person is None for shot in junk) == 3
    assert all(shot.part for shot in junk)


def test_one_person_has_one_pid_and_distractors_are_nobody_else(plan):
    faces = collections.defaultdict(set)
    for entries in plan.values():
        for pid, _, shot in entries:
            if pid >= 0:
                faces[shot.person].add(pid)
    assert all(len(pids) == 1 for pids in faces.values())
    assert len(faces) == 9 + 5 + 7


def test_names_and_shots_are_unique_and_agree_on_the_camera(plan):
    shots = [shot for entries in plan.values() for _, _, shot in entries]
    assert len({(s.track, s.camera, s.frame) for s in shots}) == len(shots)
    assert len({p.path for p in plan_pictures(SETTINGS)}) == len(shots)
    assert all(s.camera + 1 == camid for e in plan.values() for _, camid, s in e)


def test_the_plan_is_a_function_of_the_settings():
    assert plan_pictures(SETTINGS) == plan_pictures(SETTINGS)
    other = SyntheticSettings(**{**SETTINGS.__dict__, "seed": 2})
    assert plan_pictures(other) != plan_pictures(SETTINGS)


FIELDS = [field.name for field in dataclasses.fields(SyntheticSettings)]


def test_the_default_looks_like_market_1501():
    settings = SyntheticSettings()
    assert (settings.height, settings.width, settings.cameras) == (128, 64, 6)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_changes_the_fingerprint(name):
    other = {"cameras": 5, "least_cameras": 3}.get(name, getattr(SyntheticSettings(), name) + 1)
    changed = dataclasses.replace(SyntheticSettings(), **{name: other})
    assert changed.fingerprint() != SyntheticSettings().fingerprint()


def test_another_version_of_the_drawing_has_another_fingerprint(monkeypatch):
    before = SyntheticSettings().fingerprint()
    monkeypatch.setattr(layout, "VERSION", layout.VERSION + 1)
    assert SyntheticSettings().fingerprint() != before


def test_equal_settings_have_equal_fingerprints():
    assert SyntheticSettings(seed=3).fingerprint() == SyntheticSettings(seed=3).fingerprint()


@pytest.mark.parametrize(
    "values, message",
    [
        ({"train_ids": 0}, "train_ids=0: give an integer of at least 1."),
        ({"height": 64.0}, "height=64.0: give an integer of at least 32."),
        ({"seed": True}, "seed=True: give an integer of at least 0."),
        ({"images_per_camera": 1}, "images_per_camera=1: give an integer of at least 2."),
        ({"cameras": 7}, "cameras=7: at most 6 are described."),
        ({"cameras": 3}, "least_cameras=4: there are only cameras=3."),
    ],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(ValueError) as caught:
        SyntheticSettings(**values)
    assert str(caught.value) == message
