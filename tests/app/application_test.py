"""The page's addresses, asked in this process."""

import concurrent.futures
import json
import os
import shutil
import time

import pytest
from PIL import Image

from tests.app.stand_in import encode_color, make_desk, save_again
from tests.image_files import encode, list_bad, make_bomb
from tests.index.stand_in import ColorModel, write_color, write_colors
from tfreid.data.oddities import SCENE, describe
from tfreid.errors import InputError
from tfreid.index.index import Index

pytest.importorskip("starlette", reason="the extra tfreid[app] is not installed")
pytest.importorskip("httpx2", reason="starlette's test client needs it")

from starlette.testclient import TestClient  # noqa: E402

from tfreid.app import application, desk  # noqa: E402
from tfreid.app.guard import OWN  # noqa: E402

HOSTILE = '0001_c2_<img src=x onerror="alert(1)">\u202egnp.exe\n.png'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def ask(where):
    """Returns a client of the page of a desk."""
    page = application.make_application(where, ("testserver",))
    return TestClient(page, headers={OWN: "1"})


@pytest.fixture
def gallery(tmp_path):
    """An index of 12 colors of 4 people; returns its folder."""
    index = Index(str(tmp_path / "i"), ColorModel())
    index.add(write_colors(tmp_path / "a", 12, people=4))
    return tmp_path / "i"


@pytest.fixture
def client(gallery):
    return ask(make_desk(gallery))


def wait_for(client):
    """Returns what long work said at its end."""
    for _ in range(2000):
        work = client.get("/work").json()
        if not work["is_running"]:
            return work
        time.sleep(0.01)
    raise TimeoutError


def search(client, photo, accepts=0, name="photo.png"):
    return client.post("/search", params={"accepts": accepts, "name": name}, content=photo)


def test_the_page_and_its_parts_come_from_here_alone(client):
    answer = client.get("/")
    assert "<script" in answer.text and "http" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    for name in ("app.js", "box.js", "cards.js", "style.css", "texts.json"):
        part = client.get(f"/{name}")
        assert part.status_code == 200 and part.headers["x-content-type-options"] == "nosniff"
        assert "http" not in part.text and "//" + "cdn" not in part.text
    assert client.get("/desk.py").status_code == 404
    assert client.get("/%2e%2e/desk.py").status_code == 404


def test_a_photo_is_answered_with_the_nearest_and_is_not_kept(gallery, client, tmp_path):
    path = str(sorted((tmp_path / "a").iterdir())[0])
    photo = save_again(path)
    before = {name for name in os.listdir(gallery)}
    answer = search(client, photo).json()
    (query,) = answer["queries"]
    best = query["matches"][0]
    assert best["path"] == path and best["rank"] == 1 and best["distance"] < 1e-6
    assert len(query["matches"]) == 6 and best["name"] == os.path.basename(path)
    assert (best["pid"], best["camid"]) == (1, 1) and best["time"].startswith("20")
    picture = client.get(f"/picture/{best['id']}")
    assert picture.content[:3] == b"\xff\xd8\xff" and picture.headers["cache-control"] == "no-store"
    assert {name for name in os.listdir(gallery)} - before == {desk.SEARCHES}


def test_searches_are_noted_in_no_file_of_somebody_else(gallery, tmp_path):
    (tmp_path / "mine").write_text("mine, without an end")
    (gallery / desk.SEARCHES).symlink_to(tmp_path / "mine")
    with pytest.raises(InputError, match="searches.jsonl: is a link"):
        make_desk(gallery)
    make_desk(gallery, keeps_log=False)
    assert (tmp_path / "mine").read_text() == "mine, without an end"


def test_what_people_see_otherwise_in_a_photo_is_told(client):
    assert search(client, encode_color((9, 9, 9))).json()["odd"] == []
    wide = encode(Image.new("RGB", (16, 8)), "PNG")
    assert search(client, wide).json()["odd"] == [describe(SCENE)]


def test_who_searched_what_is_noted_unless_that_is_switched_off(gallery, client):
    search(client, encode_color((9, 9, 9)), name="a\nb.png")
    log = gallery / desk.SEARCHES
    (line,) = log.read_text(encoding="utf-8").splitlines()
    noted = json.loads(line)
    assert noted["from"] == "testclient" and noted["file"] == "a\nb.png"
    assert len(noted["shown"]) == 6 and noted["time"] and len(noted["photo"]) == 32
    assert client.get("/state").json()["log"] == str(log)
    log.unlink()
    silent = ask(make_desk(gallery, keeps_log=False))
    assert search(silent, encode_color((9, 9, 9))).status_code == 200
    assert not log.exists() and silent.get("/state").json()["log"] is None


def test_of_an_index_in_a_bucket_labels_and_log_stay_on_this_machine(tmp_path, monkeypatch):
    pytest.importorskip("lancedb", reason="the extra tfreid[lance] is not installed")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    address = f"file://{tmp_path}/i"
    Index(address, ColorModel()).add(write_colors(tmp_path / "a", 12, people=4))
    client = ask(make_desk(address))
    best = search(client, encode_color((9, 9, 9))).json()["queries"][0]["matches"][0]
    assert client.get(f"/picture/{best['id']}").status_code == 200
    client.post("/marks", json={str(best["id"]): True})
    notes = {path.name for path in (tmp_path / "data").rglob("*.*")}
    assert notes == {desk.SEARCHES, desk.LABELS}
    assert client.get("/state").json()["log"].startswith(str(tmp_path / "data"))


def test_nothing_is_shown_that_cannot_be_noted(gallery, client):
    (gallery / desk.SEARCHES).mkdir()
    answer = search(client, encode_color((9, 9, 9)))
    assert answer.status_code == 400 and desk.SEARCHES in answer.json()["error"]


@pytest.mark.parametrize(
    "content",
    [*list_bad().values(), make_bomb(), SVG, b"PK\x03\x04" + bytes(99)],
    ids=[*list_bad(), "a bomb", "an SVG", "a zip"],
)
def test_what_is_no_photo_is_one_line_and_the_next_one_is_answered(client, content):
    answer = search(client, content)
    assert answer.status_code == 400
    assert answer.json()["error"] and "\n" not in answer.json()["error"]
    assert search(client, encode_color((9, 9, 9))).status_code == 200


def test_more_than_a_photo_is_not_read_to_its_end(client, monkeypatch):
    monkeypatch.setattr(application, "MOST_BYTES", 3000)
    sent = []

    def drip():
        for _ in range(400):
            sent.append(1)
            yield bytes(1000)

    for content in (bytes(400_000), drip()):
        answer = search(client, content)
        assert answer.status_code == 413 and "smaller" in answer.json()["error"]


def test_an_empty_index_a_vanished_one_and_one_of_another_model_are_one_line(
    gallery, client, tmp_path
):
    empty = ask(make_desk(tmp_path / "none"))
    assert empty.get("/state").json()["images"] == 0
    photo = encode_color((9, 9, 9))
    assert "no index lives there" in search(empty, photo).json()["error"]
    shutil.rmtree(gallery)
    assert "no index lives there" in search(client, photo).json()["error"]
    assert client.get("/state").json()["images"] == 0
    Index(str(gallery), ColorModel("another")).add(str(tmp_path / "a"))
    assert "was made by another model" in search(client, photo).json()["error"]
    shutil.rmtree(gallery)
    Index(str(gallery), ColorModel()).add(str(tmp_path / "a"))
    assert search(client, photo).status_code == 200


def test_hostile_names_are_data(gallery, client, tmp_path):
    path = write_color(tmp_path / "b" / HOSTILE, (250, 0, 250))
    client.post("/add", json={"path": str(tmp_path / "b")})
    assert wait_for(client)["text"].startswith("1 image added")
    answer = search(client, save_again(path), name=HOSTILE)
    best = answer.json()["queries"][0]["matches"][0]
    assert best["path"] == path and "\u202e" not in best["name"] and "\n" not in best["name"]
    assert answer.headers["content-type"] == "application/json"
    for number in ("0", "99999", "9" * 40, "-1", "x", "../1", "1'"):
        assert client.get(f"/picture/{number}").status_code in (400, 404)


def test_several_people_at_once_get_their_own_answers(client, tmp_path):
    paths = 3 * sorted((tmp_path / "a").iterdir())
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda path: search(client, save_again(path)).json(), paths)
    found = [answer["queries"][0]["matches"][0]["path"] for answer in answers]
    assert found == [str(path) for path in paths]


def test_folders_are_added_and_calibrated_on_and_thresholds_follow(client, tmp_path):
    write_colors(tmp_path / "b", 96, seed=1, people=24)
    assert client.get("/state").json()["thresholds"] == []
    assert client.post("/add", json={"path": str(tmp_path / "b")}).status_code == 200
    work = wait_for(client)
    assert "96 images added; 108 in" in work["text"] and not work["is_failed"]
    assert (work["title"], work["done"], work["total"]) == ("Adding images", 96, 96)
    client.post("/calibrate", json={"path": str(tmp_path / "b")})
    assert "96 images of 24 people" in wait_for(client)["text"]
    (point,) = client.get("/state").json()["thresholds"]
    assert point["false_accepts_percent"] == 1
    answer = search(client, encode_color((255, 255, 255)), accepts=1).json()
    assert answer["no_match"] and answer["queries"][0]["matches"] == []


@pytest.mark.parametrize("asked", [{"accepts": 2}, {"strangers": 0.24}])  # of 12 images: 2 %
def test_a_threshold_of_the_command_holds_unless_another_one_is_chosen(gallery, tmp_path, asked):
    client = ask(make_desk(gallery, **asked))
    photo = encode_color((255, 255, 255))
    assert "is not calibrated" in search(client, photo).json()["error"]
    write_colors(tmp_path / "b", 96, seed=1, people=24)
    client.post("/calibrate", json={"path": str(tmp_path / "b")})
    wait_for(client)
    rates = [point["false_accepts_percent"] for point in client.get("/state").json()["thresholds"]]
    assert rates == [2, 1]
    shown = [search(client, photo, accepts=rate).json()["threshold"] for rate in (0, 1)]
    assert [threshold["false_accepts_percent"] for threshold in shown] == [2, 1]


@pytest.mark.parametrize(
    ("address", "content", "word"),
    [
        ("/add", b"{", "JSON"),
        ("/add", b"[" * 100_000, "JSON"),
        ("/add", b'{"path": 3}', "path"),
        ("/calibrate", b'{"path": " "}', "path"),
        ("/marks", b'{"1": "yes"}', "true"),
        ("/marks", b'{"one": true}', "number"),
        ("/search?accepts=often", b"", "accepts"),
        ("/search?accepts=nan", b"", "max_false_accepts"),
        ("/search?accepts=99", b"", "max_false_accepts"),
    ],
)
def test_a_request_of_another_form_is_one_line(client, address, content, word):
    answer = client.post(address, content=content)
    assert answer.status_code == 400 and word in answer.json()["error"]


def test_work_that_fails_says_why_and_another_may_begin(client, tmp_path):
    client.post("/add", json={"path": "/no/where"})
    work = wait_for(client)
    assert work["is_failed"] and "no such folder" in work["text"]
    client.post("/calibrate", json={"path": str(tmp_path / "a")})
    assert not wait_for(client)["is_failed"]


def test_from_another_machine_nothing_is_added(gallery, tmp_path):
    client = ask(make_desk(gallery, may_change=False))
    for action in ("add", "calibrate"):
        assert client.post(f"/{action}", json={"path": str(tmp_path)}).status_code == 400
    assert client.get("/state").json()["may_change"] is False


def test_marks_become_a_table_that_calibration_reads(gallery, client):
    kept = client.post("/marks", json={"1": True, "2": True, "4": False}).json()
    assert kept == {"images": 2, "people": 1}
    kept = client.post("/marks", json={"4": True, "5": True, "6": None, "999": True}).json()
    assert kept == {"images": 4, "people": 2}
    client.post("/calibrate", json={"path": ""})
    assert "4 images of 2 people, 2 cameras" in wait_for(client)["text"]
