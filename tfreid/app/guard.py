"""Who may ask: this page only, and where others can reach it, only who has the token."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse

OWN = "x-tfreid"  # a header that pages from elsewhere cannot send without being asked first
_COOKIE = "tfreid"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets requests of the page itself pass, and gives every answer the headers of a closed page.

    Requests that another site's page makes are told by what browsers say of them (Sec-Fetch-Site)
    and, where something is changed, by the lack of a header that such a page cannot send.
    """

    def __init__(self, application, token=""):
        """Stands in front of an ASGI application; without a token everybody may ask."""
        self._application, self._token = application, token

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self._application(scope, receive, send)

        async def send_closed(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        request = Request(scope)
        answer = _refuse_others(request) or self._ask_for_token(request)
        return await (answer or self._application)(scope, receive, send_closed)

    def _ask_for_token(self, request):
        """Returns what to answer where the token is missing, or has just been shown."""
        shown = request.query_params.get("token")
        if not self._token or (shown is None and self._is_token(request.cookies.get(_COOKIE))):
            return None
        if not self._is_token(shown):
            return JSONResponse({"error": "Open the address with the token, as printed."}, 401)
        # Out of the address, which histories and screens show.
        answer = RedirectResponse("/", 303)
        answer.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict")
        return answer

    def _is_token(self, text):
        # In a time that does not tell how many characters were right.
        return secrets.compare_digest((text or "").encode(), self._token.encode())


def _refuse_others(request):
    """Returns the refusal of what another site's page asks for; None for what may pass."""
    # Old browsers do not say; of a change they are still asked for the header below.
    site = request.headers.get("sec-fetch-site", "none")
    # A link on another site may open the page, and nothing else.
    is_link = request.method == "GET" and request.url.path == "/"
    if site not in ("same-origin", "none") and not is_link:
        return JSONResponse({"error": "Only the page itself may ask."}, 403)
    if request.method != "GET" and OWN not in request.headers:
        return JSONResponse({"error": f"The header {OWN} is missing."}, 403)
    return None
