"""The tracking page and its API, a plain WSGI application."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server
from wsgiref.types import StartResponse

from parcel_desk.config import TOKEN_HEADER
from parcel_desk.store import Store
from parcel_desk.tracking import places, replay

PAGE = Path(__file__).with_name("page.html")
HEADER_KEY = "HTTP_" + TOKEN_HEADER.upper().replace("-", "_")


def etag(body: bytes) -> str:
    """Changes whenever the body does."""
    return '"' + hashlib.sha1(body).hexdigest()[:16] + '"'


def tracking_view(desk: Store, id: str) -> dict[str, Any] | None:
    """What the widget shows for one parcel."""
    parcel = desk.get(id)
    if parcel is None:
        return None
    events = desk.events(id)
    return {
        "reference": parcel.reference,
        "status": replay(parcel, events).value,
        "places": places(events),
        "scans": [{"code": e.code, "at": e.at.isoformat()} for e in events],
    }


def health(desk: Store, verbose: bool = False) -> dict[str, Any]:
    """Whether the desk answers, for the load balancer."""
    return {"ok": True, "tables": desk.counts()}


class TrackingApp:
    """`GET /`, `GET /track/<reference>` and `GET /health`."""

    def __init__(self, desk: Store, tokens: list[str]) -> None:
        self.desk = desk
        self.tokens = tokens

    def __call__(self, environ, start_response) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/health":
            return self._reply(start_response, "200 OK", health(self.desk))
        if path == "/":
            start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            return [PAGE.read_bytes()]
        if not self.allowed(environ.get(HEADER_KEY, "")):
            return self._reply(start_response, "403 Forbidden", {"error": "token"})
        if not path.startswith("/track/"):
            return self._reply(start_response, "404 Not Found", {"error": "path"})
        known = environ.get("HTTP_IF_NONE_MATCH")
        return self._track(start_response, path.removeprefix("/track/"), known)

    def _track(
        self, start_response: StartResponse, reference: str, known: str | None
    ) -> list[bytes]:
        view = tracking_view(self.desk, reference)
        if view is None:
            return self._reply(start_response, "404 Not Found", {"error": "parcel"})
        tag = etag(json.dumps(view).encode())
        if known == tag:
            start_response("304 Not Modified", [("ETag", tag)])
            return []
        return self._reply(start_response, "200 OK", view)

    def allowed(self, token: str) -> bool:
        """Whether a shop with this token may ask."""
        for known in self.tokens:
            if hmac.compare_digest(known, token):
                return True
        return False

    def _reply(
        self, start_response: StartResponse, status: str, document: dict[str, Any]
    ) -> list[bytes]:
        body = json.dumps(document).encode()
        headers = [("Content-Type", "application/json"), ("ETag", etag(body))]
        start_response(status, headers)
        return [body]


def serve(desk: Store, tokens: list[str], host: str = "0.0.0.0", port: int = 8080):
    """Serve until interrupted."""
    with make_server(host, port, TrackingApp(desk, tokens)) as server:
        server.serve_forever()
