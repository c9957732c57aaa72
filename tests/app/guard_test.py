"""Who may ask the page."""

import pytest

from tests.app.stand_in import encode_color, make_desk

pytest.importorskip("starlette", reason="the extra tfreid[app] is not installed")
pytest.importorskip("httpx2", reason="starlette's test client needs it")

from starlette.testclient import TestClient  # noqa: E402

from tfreid.app.application import make_application  # noqa: E402
from tfreid.app.guard import OWN  # noqa: E402

ADDRESSES = ("/", "/app.js", "/state", "/work", "/picture/1")
CHANGES = ("/search", "/marks", "/add", "/calibrate", "/stop")


def open_page(folder, token="", hosts=("localhost",)):
    page = make_application(make_desk(folder), hosts, token)
    return TestClient(page, base_url="http://localhost:8477", follow_redirects=False)


def test_a_name_that_only_leads_here_is_refused(tmp_path):
    client = open_page(tmp_path)
    for address in ADDRESSES:
        for host in ("evil.example", "evil.example:8477", "localhost.evil.example", ""):
            assert client.get(address, headers={"host": host}).status_code == 400
    assert client.get("/state").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_may_only_lead_here(tmp_path, site):
    client = open_page(tmp_path)
    client.headers["sec-fetch-site"] = site
    assert client.get("/").status_code == 200
    for address in ADDRESSES[1:]:
        assert client.get(address).status_code == 403
    for address in CHANGES:
        assert client.post(address, headers={OWN: "1"}).status_code == 403


def test_a_form_of_another_page_changes_nothing(tmp_path):
    """An old browser tells nothing of the page; but a form cannot send the header."""
    client = open_page(tmp_path)
    for address in CHANGES:
        assert client.post(address, content=encode_color((1, 2, 3))).status_code == 403


def test_with_a_token_nobody_without_it_gets_anything(tmp_path):
    client = open_page(tmp_path, token="right", hosts=("*",))
    for address in ADDRESSES:
        for query in ("", "?token=", "?token=wrong", "?token=r%C3%AFght"):
            assert client.get(address + query).status_code == 401
    assert client.post("/search", headers={OWN: "1"}).status_code == 401
    client.cookies.set("tfreid", "wrong")
    assert client.get("/state").status_code == 401


def test_the_token_is_shown_once_and_then_known_and_out_of_the_address(tmp_path):
    client = open_page(tmp_path, token="right", hosts=("*",))
    answer = client.get("/?token=right")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert client.get("/").status_code == 200 and client.get("/state").status_code == 200
