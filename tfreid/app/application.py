"""The page's addresses: from requests to the desk, and from answers to JSON."""

import json

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tfreid.app.guard import Guard
from tfreid.errors import InputError
from tfreid.escaping import escape

MOST_BYTES = 32 * 2**20  # of a photo
_MOST_JSON = 2**20
_MOST_NAME = 200  # characters of a file's name that are noted
_MOST_DIGITS = 18  # of the number of an image: 19 may not fit into 64 bits
_ASKED, _TOLD = ("state", "work"), ("search", "marks", "add", "calibrate", "stop")


def make_application(desk, hosts=("*",), token=""):
    """Returns the ASGI application of a `Desk`.

    Args:
      desk: `Desk`.
      hosts: names that a request may call this machine by: another site's name that leads here
        (DNS rebinding) is none of them.
      token: what everybody must know; "" for nothing.
    """
    answers = _Answers(desk)
    routes = [Route(f"/{name}", getattr(answers, name), methods=["GET"]) for name in _ASKED]
    routes += [Route(f"/{name}", getattr(answers, name), methods=["POST"]) for name in _TOLD]
    routes += [
        Route("/picture/{number}", answers.picture),
        Mount("/", StaticFiles(packages=[("tfreid.app", "page")], html=True)),
    ]
    application = Starlette(
        routes=routes,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
        ],
        exception_handlers={InputError: _tell_input, HTTPException: _tell_refusal},
    )
    return Guard(application, token)


class _Answers:
    """One method an address, from a request to a response."""

    def __init__(self, desk):
        self._desk = desk

    def state(self, request):
        return JSONResponse({**self._desk.tell_state(), "most_bytes": MOST_BYTES})

    async def search(self, request):
        photo = await _read_body(request, MOST_BYTES)
        accepts = _read_number(request.query_params.get("accepts", "0"))
        name = request.query_params.get("name", "")[:_MOST_NAME]
        asked = {"from": request.client and request.client.host, "file": name}
        return JSONResponse(await run_in_threadpool(self._desk.search, photo, accepts, asked))

    def picture(self, request):
        content = self._desk.make_picture(_read_id(request.path_params["number"]))
        return Response(content, 200 if content else 404, media_type="image/jpeg")

    async def marks(self, request):
        given = await _read_json(request)
        if not all(same in (True, False, None) for same in given.values()):
            raise InputError("Marks are {id: true, false or null}.")
        chosen = {_read_id(text): same for text, same in given.items()}
        return JSONResponse(await run_in_threadpool(self._desk.mark, chosen))

    async def add(self, request):
        self._desk.add(await _read_path(request))
        return JSONResponse({})

    async def calibrate(self, request):
        self._desk.calibrate(await _read_path(request, self._desk.labels))
        return JSONResponse({})

    def work(self, request):
        return JSONResponse(self._desk.work.describe())

    def stop(self, request):
        self._desk.work.stop()
        return JSONResponse({})


async def _read_body(request, most):
    """Returns the bytes of a request, which stay in memory; more than `most` are not read."""
    content = bytearray()
    # What says that it is too long is refused unread.
    if int(request.headers.get("content-length", 0)) <= most:
        # What comes is counted, too: the length may be missing, as of a chunked request.
        async for chunk in request.stream():
            content += chunk
            if len(content) > most:
                break
        else:
            return bytes(content)
    raise HTTPException(413, f"More than {most // 2**20} MB; give a smaller photo.")


async def _read_json(request):
    try:
        given = json.loads(await _read_body(request, _MOST_JSON))
    except (ValueError, RecursionError):
        # The latter: brackets that are nested too deeply for Python's parser.
        given = None
    if not isinstance(given, dict):
        raise InputError("The request is no JSON object.")
    return given


async def _read_path(request, default=None):
    path = (await _read_json(request)).get("path") or default
    if not isinstance(path, str) or not path.strip():
        raise InputError("Give the path of a folder, of a CSV table or of an image.")
    return path.strip()


def _read_id(text):
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise InputError(f"{text[:_MOST_NAME]}: is no number of an image.")
    return int(text)


def _read_number(text):
    try:
        return float(text)
    except ValueError:
        raise InputError(f"accepts={text}: is no number.") from None


def _tell_input(request, error):
    return JSONResponse({"error": escape(str(error))}, 400)


def _tell_refusal(request, error):
    return JSONResponse({"error": error.detail}, error.status_code)
