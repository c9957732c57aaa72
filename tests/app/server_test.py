"""The door of the page, and its server."""

import json
import queue
import socket
import threading
import urllib.error
import urllib.request

import pytest

from tests.app.stand_in import PhotoModel
from tfreid.app import __main__ as door
from tfreid.errors import InputError

uvicorn = pytest.importorskip("uvicorn", reason="the extra tfreid[app] is not installed")

from tfreid.app import server  # noqa: E402


def test_a_taken_port_is_one_line_before_the_model_is_loaded(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"host=127.0.0.1 port={port}: cannot be listened at"):
            door.main(["app", "--workdir=/no/where", f"--index={tmp_path}", f"--port={port}"])


def test_without_the_extra_there_is_one_line_that_names_it(monkeypatch, tmp_path):
    monkeypatch.setattr(door.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"tfreid\[app\]"):
        door.main(["app", "--workdir=/no/where", f"--index={tmp_path}"])


@pytest.mark.parametrize("host, needs_token", [("127.0.0.1", False), ("0.0.0.0", True)])
def test_only_a_page_for_others_has_a_token(host, needs_token, tmp_path, monkeypatch):
    """Where 0.0.0.0 is listened at, 127.0.0.1 leads there, too."""
    told, servers, make = queue.Queue(), [], uvicorn.Server
    monkeypatch.setattr(server, "load", lambda place: PhotoModel())
    monkeypatch.setattr(server.logging, "warning", lambda form, address: told.put(address))
    monkeypatch.setattr(uvicorn, "Server", lambda c: servers.append(make(c)) or servers[0])
    flags = ["--workdir=w", f"--index={tmp_path}/i", "--port=0", "--browser=false"]
    argv = ["app", f"--host={host}", *flags]
    thread = threading.Thread(target=door.main, args=(argv,))
    thread.start()
    address, _, token = told.get().replace("0.0.0.0", "127.0.0.1").partition("?")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    try:
        assert bool(token) == needs_token
        if needs_token:
            with pytest.raises(urllib.error.HTTPError, match="401"):
                opener.open(f"{address}state")
        assert b"<script" in opener.open(f"{address}?{token}").read()
        state = json.load(opener.open(f"{address}state"))
        assert state["may_change"] != needs_token
    finally:
        servers[0].should_exit = True
        thread.join()
