"""A loopback server of one file that behaves, or misbehaves, as a test asks for."""

import contextlib
import http.server
import threading
import time

BLOCK = 2_000


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers `/WAY/NAME` with the server's content, in that way."""

    def do_GET(self):  # noqa: N802, the library's name
        self.server.requests.append(self.path)
        way = self.path.split("/")[-2]
        getattr(self, f"send_{way}")(self.server.content)

    def send_whole(self, content):
        self.start(len(content))
        self.wfile.write(content)

    def send_slowly(self, content):
        """In small pieces with pauses, but all of it."""
        self.start(len(content))
        for begin in range(0, len(content), BLOCK):
            self.wfile.write(content[begin : begin + BLOCK])
            time.sleep(0.001)

    def send_cut(self, content):
        self.start(len(content))
        self.wfile.write(content[: len(content) // 2])

    def send_drips(self, content):
        self.start(len(content))
        with contextlib.suppress(OSError):  # until the client has had enough
            for begin in range(len(content)):
                self.wfile.write(content[begin : begin + 1])
                self.wfile.flush()
                time.sleep(0.01)

    def send_other(self, content):
        self.start(len(content))
        self.wfile.write(content[::-1])

    def send_page(self, content):
        page = b"<!doctype html><title>Please log in</title>"
        self.start(len(page))
        self.wfile.write(page)

    def send_redirect(self, content):
        self.send_response(302)
        self.send_header("Location", self.path.replace("/redirect/", "/whole/"))
        self.end_headers()

    def send_loop(self, content):
        self.send_response(302)
        self.send_header("Location", self.path)
        self.end_headers()

    def send_missing(self, content):
        self.send_error(404)

    def send_busy(self, content):
        self.send_error(503)

    def start(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(content):
    """Yields a running server with `address` and the paths of its `requests`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.requests = content, []
    server.handle_error = lambda *_: None  # a client may leave in the middle
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
