"""The client against a server that speaks both protocols and runs the exported signatures."""

import contextlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import types

import numpy as np
import pytest
import tensorflow as tf

from tests import loopback_server, model_server, tiny_runs
from tests.image_files import encode, list_bad, make_picture
from tfreid.serving import client

COUNT = 34  # more than one request
PROTOCOLS = ("http", "grpc")


@pytest.fixture(scope="module", params=["loopback", "tensorflow_model_server"])
def urls(request, exports):
    if request.param == "tensorflow_model_server" and not model_server.BINARY:
        pytest.skip("tensorflow_model_server is not on the PATH")
    serve = loopback_server.serve if request.param == "loopback" else model_server.serve
    with serve({system: export.version for system, export in exports.items()}) as found:
        yield found


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / f"{number:02}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        path.write_bytes(encode(make_picture(number), "JPEG"))
    return [str(path) for path in paths]


def ask(urls, protocol, model, *arguments):
    return client.main([f"--url={urls[protocol]}", f"--model={model}", *arguments])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_embeddings_are_those_of_the_loaded_run(urls, runs, photos, protocol, capsys):
    assert ask(urls, protocol, "sona_net", "--json", *photos) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["photos"] == photos and answer["valid"] == [True] * COUNT
    wanted = tiny_runs.load(runs["sona_net"]).embed(photos)
    tolerance = 2e-5 * np.abs(wanted).max()
    np.testing.assert_allclose(answer["embedding"], wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scores_are_those_of_the_loaded_run(urls, runs, photos, protocol, capsys):
    assert ask(urls, protocol, "kvm_mn", "--json", *photos) == 0
    answer = json.loads(capsys.readouterr().out)
    wanted = tiny_runs.load(runs["kvm_mn"]).match(photos[:1], photos[1:])[0]
    assert answer["valid"] == [True] * COUNT
    np.testing.assert_allclose(answer["scores"], wanted, rtol=0, atol=1e-4)


def test_the_documents_commands_work(urls, photos, repository, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pages = (repository / "README.md", repository / "docs" / "serving.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    found = re.findall(r"serving[.-]client --url=(http|grpc)://HOST:\d+ --model=(\w+) (.*)", text)
    assert len(found) == 4
    for protocol, model, names in found:
        for name, photo in zip(names.split(), photos):
            shutil.copy(photo, name)
        assert ask(urls, protocol, model, *names.split()) == 0


def test_the_table_shows_each_distance(urls, runs, photos, capsys):
    assert ask(urls, "http", "sona_net", *photos[:3]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    wanted = tiny_runs.load(runs["sona_net"]).embed(photos[:3])
    distance = np.linalg.norm(wanted[0] - wanted[2])
    number, *values, path = rows[0].split()
    assert (number, path) == ("1", photos[0]) and len(rows) == 3
    assert float(values[0]) == 0 and float(values[2]) == pytest.approx(distance, abs=6e-4)


def test_other_photos_are_ordered_by_their_score(urls, photos, capsys):
    assert ask(urls, "grpc", "kvm_mn", *photos[:6]) == 0
    title, *rows = capsys.readouterr().out.splitlines()
    scores = [float(row.split()[0]) for row in rows]
    assert photos[0] in title and scores == sorted(scores, reverse=True)
    assert sorted(row.split()[1] for row in rows) == photos[1:6]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("model", ["sona_net", "kvm_mn"])
def test_a_bad_photo_is_named_and_the_others_are_answered(
    urls, photos, tmp_path, protocol, model, capsys
):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(list_bad()["a GIF"])
    assert ask(urls, protocol, model, photos[0], str(bad), photos[1]) == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"warning: {bad}: the server cannot decode it")
    assert photos[1] in out


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_that_is_not_served_is_told_by_the_server(urls, photos, protocol, capsys):
    assert ask(urls, protocol, "other", photos[0]) == 1
    assert "the server says: Servable not found for request" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "grpc://127.0.0.1:9"])
def test_without_a_server_the_url_is_named(photos, url, capsys):
    assert client.main([f"--url={url}", photos[0]]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"error: {url}") and "check --url" in line and line.count("\n") == 1


@pytest.mark.parametrize("model", ["sona_net", "kvm_mn"])
def test_json_has_null_where_a_photo_is_bad(urls, photos, tmp_path, model, capsys):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no image")
    assert ask(urls, "http", model, "--json", photos[0], str(bad), photos[1]) == 1
    answer = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert answer["valid"] == [True, False, True]
    values = answer["embedding" if model == "sona_net" else "scores"]
    assert [value is None for value in values[-2:]] == [True, False]


def test_a_bad_query_is_told_instead_of_an_empty_table(urls, photos, tmp_path, capsys):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no image")
    assert ask(urls, "http", "kvm_mn", str(bad), photos[0]) == 1
    out, err = capsys.readouterr()
    assert "none: see the warnings" in out and f"warning: {bad}" in err


def test_the_wrong_port_or_name_is_one_line(urls, photos, capsys):
    http_port = urls["http"].rpartition(":")[2]
    grpc_port = urls["grpc"].rpartition(":")[2]
    for url, model, words in (
        (f"http://127.0.0.1:{grpc_port}", "m", "gRPC on 8500"),
        ("http://127.0.0.1:abc", "m", "check --url"),
        (f"http://127.0.0.1:{http_port}", "a b", "the server says"),
        ("grpc://", "m", "give the host and port, as in grpc://HOST:8500"),
        ("http://127.0.0.1:99999", "m", "check --url"),
        ("http://127.0.0.1:9", "a\udcff", "has characters"),
        ("grpc://127.0.0.1:9", "a\udcff", "has characters"),
        ("grpc://127.0.0.1:\udcff", "m", "has characters"),
    ):
        assert client.main([f"--url={url}", f"--model={model}", photos[0]]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("error: ") and words in lines[0]


def test_a_slash_after_the_port_does_no_harm(urls, photos, capsys):
    for protocol in PROTOCOLS:
        arguments = [f"--url={urls[protocol]}/", "--model=sona_net", photos[0]]
        assert client.main(arguments) == 0
        capsys.readouterr()


def test_the_documented_curl_command_is_answered(urls, photos, repository):
    text = (repository / "docs" / "serving.md").read_text(encoding="utf-8")
    (start,) = [n for n, line in enumerate(text.splitlines()) if line.startswith("    (printf")]
    command = "\n".join(text.splitlines()[start : start + 3])
    command = command.replace("http://HOST:8501", urls["http"]).replace("photo.jpg", photos[0])
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["outputs"]["valid"] == [True]


def test_kvm_mn_needs_two_photos(urls, photos, capsys):
    assert ask(urls, "http", "kvm_mn", photos[0]) == 1
    assert "give a query and at least one other photo" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "the following arguments are required: photos"),
        (["--url=ftp://x", "a.jpg"], "--url=ftp://x: must begin with http://"),
        (["--nonsense", "a.jpg"], "unrecognized arguments: --nonsense"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(arguments, words, capsys):
    assert client.main(arguments) == 1
    line = capsys.readouterr().err
    assert words in line and line.count("\n") == 1


def test_a_missing_photo_is_named(urls, capsys):
    assert ask(urls, "http", "sona_net", "nowhere.jpg") == 1
    assert "nowhere.jpg: cannot be read (No such file" in capsys.readouterr().err


def test_over_http_it_needs_nothing_but_python(urls, photos, repository, tmp_path):
    """As a copied file, in Python's isolated mode; what it has loaded is told at its end."""
    copy = tmp_path / "client.py"
    copy.write_text((repository / "tfreid" / "serving" / "client.py").read_text())
    code = f"""if True:
        import runpy, sys
        sys.argv = ["client", "--url={urls["http"]}", "--model=sona_net", {photos[0]!r}]
        try:
            runpy.run_path({str(copy)!r}, run_name="__main__")
        except SystemExit as end:
            assert end.code == 0, end.code
        assert not {{"numpy", "tensorflow", "grpc", "tfreid"}} & set(sys.modules)
    """
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert photos[0] in done.stdout


EMBED = {"embedding": [[1.0, 2.0]], "valid": [True]}
METADATA = {"inputs": {"image_bytes": {}}}
METADATA = {"metadata": {"signature_def": {"signature_def": {"serving_default": METADATA}}}}


@contextlib.contextmanager
def misbehave(answer):
    """Serves the right metadata and, to all else, what `answer(write)` writes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(METADATA).encode())

        def do_POST(self):  # noqa: N802
            self.rfile.read(int(self.headers["Content-Length"]))
            with contextlib.suppress(OSError):
                answer(self.wfile.write)

        def log_message(self, *_):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # the client leaves in the middle; nothing is to be told
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"--url=http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def drip(write, text=b"HTTP/1.0 200 OK\r\n\r\n[", forever=b" "):
    write(text)
    for _ in range(100):
        write(forever)
        time.sleep(0.02)


@pytest.mark.parametrize(
    "answer",
    [
        drip,
        lambda write: drip(write, b"", b"H"),
        lambda write: drip(write, b"HTTP/1.0 500 no\r\n\r\n"),
        lambda write: time.sleep(2),
    ],
    ids=["body", "head", "error", "silent"],
)
def test_a_server_that_takes_too_long_is_left_at_one_deadline(photos, monkeypatch, capsys, answer):
    monkeypatch.setattr(client, "TIMEOUT_S", -0.7)  # and a second for the photo
    with misbehave(answer) as url:
        assert client.main([url, photos[0]]) == 1
    assert re.fullmatch(
        r"error: http://\S+: (no answer of a|the server says).*\n", capsys.readouterr().err
    )


def test_an_answer_without_end_is_not_kept(photos, monkeypatch, capsys):
    monkeypatch.setattr(client, "MOST_BYTES", 1 << 20)
    with misbehave(lambda write: drip(write, forever=b" " * (1 << 20))) as url:
        assert client.main([url, photos[0]]) == 1
    assert "more than 1,048,576 bytes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        [],
        {},
        "x",
        {**EMBED, "embedding": []},
        {**EMBED, "embedding": [[]]},
        {**EMBED, "embedding": [["a"]]},
        {**EMBED, "embedding": [[1.0], [2.0]]},
        {**EMBED, "embedding": [None]},
        {**EMBED, "embedding": [[float("inf")]]},
        {**EMBED, "embedding": [[10**400]]},
        {**EMBED, "valid": [1.0]},
        {**EMBED, "valid": []},
        {"embedding": [[1.0]]},
        "[" * 100_000,
    ],
    ids=range(15),
)
def test_a_wrong_answer_is_one_line_and_never_a_result(photos, capsys, outputs):
    text = (
        outputs if isinstance(outputs, str) and "[" in outputs else json.dumps({"outputs": outputs})
    )
    with misbehave(lambda write: write(b"HTTP/1.0 200 OK\r\n\r\n" + text.encode())) as url:
        assert client.main([url, photos[0]]) == 1
    found = capsys.readouterr()
    assert not found.out and found.err.startswith("error: ") and found.err.count("\n") == 1


@pytest.mark.parametrize("body", [b'{"why": 1}', b"[1]", b"<html>", b'{"error": ""}'])
def test_a_refusal_without_words_is_told_in_those_of_http(photos, capsys, body):
    with misbehave(lambda write: write(b"HTTP/1.0 503 Busy now\r\n\r\n" + body)) as url:
        assert client.main([url, photos[0]]) == 1
    assert capsys.readouterr().err.endswith("the server says: 503 Busy now\n")


@pytest.mark.parametrize(
    "sizes", [[1 << 20, 1 << 20], [1, 1 << 62, 1 << 62], [-1], [-1, -(1 << 40)]]
)
def test_no_room_is_made_for_what_an_answer_only_promises(sizes):
    tensor = tf.make_tensor_proto([1.0])
    del tensor.tensor_shape.dim[:]
    for size in sizes:
        tensor.tensor_shape.dim.add().size = size
    answer = types.SimpleNamespace(outputs={"embedding": tensor})
    asked = client.GrpcClient("grpc://127.0.0.1:9", "m", time.monotonic() + 9)
    asked._ask = lambda call, request: answer
    with pytest.raises(client.ClientError, match="its answer cannot be read"):
        asked.predict({"image_bytes": [b"x"]})


def test_a_photo_that_is_no_file_or_has_no_end_is_not_waited_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "short.jpg").write_bytes(bytes(98))
    (tmp_path / "long.jpg").write_bytes(bytes(99))
    monkeypatch.setattr(client, "MOST_PHOTO_BYTES", 98)
    for name in ("pipe.jpg", "", "long.jpg", "none.jpg", "nul\0.jpg"):
        with pytest.raises(client.ClientError, match="cannot be read"):
            client.read_photo(str(tmp_path / name))
    assert client.read_photo(str(tmp_path / "short.jpg")) == bytes(98)


def test_photos_on_a_disk_that_hangs_end_with_the_calls_deadline(monkeypatch):
    monkeypatch.setattr(client, "read_photo", lambda path: time.sleep(9))
    deadline = time.monotonic() + 0.05
    asked = types.SimpleNamespace(list_inputs=lambda: {"image_bytes"}, deadline=deadline)
    with pytest.raises(client.ClientError, match="not read in time"):
        client.ask(asked, ["a.jpg"])


def test_names_of_photos_control_no_terminal(capsys, monkeypatch):
    evil = "a\x1b[2J\n\udcff.jpg"
    answer = {"embedding": [[1.0]], "valid": [False]}
    table = client.format_distances([evil], answer)
    monkeypatch.setattr(client, "ask", lambda *_: (answer, table))
    assert client.main([evil]) == 1
    assert client.main(["--url=x\x1b", "a"]) == 1
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert told.out.count("\n") == told.err.count("\n") == 2


def test_an_answer_that_nobody_can_take_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(client, "ask", lambda *_: ({"embedding": [], "valid": []}, "table"))
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert client.run(["a.jpg"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
