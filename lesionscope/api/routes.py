"""The routes of the API: health, metrics, sessions, measuring a photo, fetching a measurement."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lesionscope import __version__, logs
from lesionscope.apart.bounded import MeasuringFault
from lesionscope.apart.desk import DeskBusy, desk
from lesionscope.api.caller import Refused, caller, token_of
from lesionscope.api.metrics import Metrics
from lesionscope.api.pace import Pace, pace_asked
from lesionscope.api.questions import body_json, entity_id, how_to_measure, photo_bytes
from lesionscope.api.schema import openapi
from lesionscope.core.people import Act, Reader
from lesionscope.imaging.decode import UnreadableImage
from lesionscope.store import Store
from lesionscope.store.refusals import NotAllowed, NotInRecord, RecordBusy, SignInRefused

ROOT = "/api/v1"
Answer = Callable[[Request], Awaitable[Response]]

log = logging.getLogger("lesionscope.api")
_METRICS = Metrics()


@lru_cache(maxsize=1)
def _store() -> Store:
    return Store.open()


@lru_cache(maxsize=1)
def _pace() -> Pace:
    return pace_asked()


async def health(_request: Request) -> Response:
    """Answer as long as the process runs."""
    return JSONResponse({"status": "ok", "version": __version__})


async def ready(_request: Request) -> Response:
    """Answer 200 when the record opens and a measuring process answers, else 503."""
    checks = {"record": await run_in_threadpool(_record_answers)}
    checks["measuring"] = await run_in_threadpool(desk().ready)
    whole = all(checks.values())
    return JSONResponse({"ready": whole, **checks}, 200 if whole else 503)


def _record_answers() -> bool:
    try:
        _store().has_owner()
    except Exception:  # whatever a database raises: it does not answer
        return False
    return True


async def metrics(_request: Request) -> Response:
    """Return the counts as Prometheus reads them."""
    return PlainTextResponse(
        _METRICS.text(desk()), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


async def describe(_request: Request) -> Response:
    """Return the OpenAPI document."""
    return JSONResponse(openapi())


async def open_session(request: Request) -> Response:
    """Sign a client in by the name and password of its account."""
    asked = await body_json(request, ("name", "password"))
    reader = await run_in_threadpool(_store().authenticate, asked["name"], asked["password"])
    token = await run_in_threadpool(_store().open_session, reader)
    _pace().admit(token)
    left = await run_in_threadpool(_store().session_left, token)
    seconds = 0 if left is None else int(left.total_seconds())
    return JSONResponse(
        {"token": token, "role": reader.role.value, "idle_seconds": seconds}, status_code=201
    )


async def close_session(request: Request) -> Response:
    """Sign the client out; a token that is not open is ignored."""
    token = token_of(request)
    await run_in_threadpool(_store().close_session, token)
    _pace().forget(token)
    return Response(status_code=204)


async def _caller(request: Request, act: Act) -> Reader:
    """Return who calls; whether a session is open under the token decides by what it is paced."""
    token = token_of(request)
    try:
        reader = await run_in_threadpool(caller, request, _store(), act)
    except Refused as refusal:
        if refusal.status == 401:
            _pace().forget(token)
        raise
    _pace().admit(token)
    return reader


async def measure(request: Request) -> Response:
    """Measure the photo in the body; nothing is stored."""
    await _caller(request, Act.MEASURE)
    task = how_to_measure(request)
    data = await photo_bytes(request)
    begun = time.monotonic()
    found = await run_in_threadpool(desk().measure, data, task)
    _METRICS.measured(time.monotonic() - begun)
    return JSONResponse(found.document)


async def latest_measurement(request: Request) -> Response:
    """Return the newest measurement of a photo of the record."""
    reader = await _caller(request, Act.READ_RECORD)
    photo_id = entity_id(request, "photo_id")
    found = await run_in_threadpool(_store().latest_measurement, reader, photo_id)
    if found is None:
        raise Refused(404, f"Photo {photo_id} was not measured yet.")
    about = {"id": found.id, "photo_id": found.photo_id, "made_at": found.made_at.isoformat()}
    return JSONResponse(about | {"drawn_by": found.drawn_by, "document": dict(found.document)})


def answered(answer: Answer, route: str) -> Answer:
    """Turn what an answer refuses into a status and a sentence, and count it.

    Parameters
    ----------
    answer : callable
        Of a request.
    route : str
        As declared, for the counts.

    Returns
    -------
    callable
    """

    async def counted(request: Request) -> Response:
        begun = time.monotonic()
        try:
            _keep_pace(request)
            response = await answer(request)
        except ClientDisconnect:
            response = Response(status_code=499)
        except Exception as error:
            response = _refusal(error)
        _METRICS.answered(request.method, route, response.status_code)
        logs.event(
            log,
            logging.INFO,
            "request",
            request=f"{request.method} {route}",
            status=response.status_code,
            seconds=round(time.monotonic() - begun, 3),
        )
        return response

    return counted


class TooMany(Refused):
    """A client that asked too often.

    Parameters
    ----------
    seconds : int
        After which it may ask again.
    """

    def __init__(self, seconds: int) -> None:
        after = f"{seconds} second{'s' * (seconds != 1)}"
        super().__init__(429, f"Too many requests. Wait {after} and ask again.")
        self.seconds = seconds


def _keep_pace(request: Request) -> None:
    """Refuse a client that asks too often; whether the process runs may always be asked."""
    if request.url.path == f"{ROOT}/health":
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    signed = token.strip() if scheme.lower() == "bearer" else ""
    seconds = _pace().wait(signed, request.client.host if request.client else "")
    if seconds:
        raise TooMany(seconds)


# What an act may raise, and how HTTP says it; the first that fits counts.
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (SignInRefused, 401),
    (NotAllowed, 403),
    (NotInRecord, 404),
    (DeskBusy, 503),
    (RecordBusy, 503),
    (UnreadableImage, 422),
    (MeasuringFault, 500),
)


def _refusal(error: Exception) -> Response:
    if isinstance(error, TooMany):
        return _said(error.status, error.sentence, wait=error.seconds)
    if isinstance(error, Refused):
        return _said(error.status, error.sentence)
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return _said(status, str(error.args[0] if error.args else error))
    number = secrets.token_hex(3)
    logs.event(log, logging.ERROR, "request failed", failed=True, number=number)
    return _said(500, f"Something went wrong. Give your administrator this number: {number}.")


def _said(status: int, sentence: str, *, wait: int = 10) -> Response:
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    if status in (429, 503):
        headers["retry-after"] = str(wait)
    words = sentence[:1].upper() + sentence[1:]
    return JSONResponse({"error": words if words.endswith(".") else f"{words}."}, status, headers)


_ANSWERS: tuple[tuple[str, str, Answer], ...] = (
    ("GET", "/health", health),
    ("GET", "/ready", ready),
    ("GET", "/metrics", metrics),
    ("GET", "/openapi.json", describe),
    ("POST", "/session", open_session),
    ("DELETE", "/session", close_session),
    ("POST", "/measure", measure),
    ("GET", "/photos/{photo_id}/measurement", latest_measurement),
)


def routes() -> list[Route]:
    """Return the routes of the API.

    Returns
    -------
    list of Route
        Below ``/api/v1``; what is not among them is answered 404 and not with the app's page.
    """
    listed = [
        Route(ROOT + path, answered(answer, ROOT + path), methods=[method])
        for method, path, answer in _ANSWERS
    ]
    return [*listed, Route("/api/{rest:path}", answered(_nothing, "/api/"), methods=_ALL)]


_ALL = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def _nothing(request: Request) -> Response:
    path = re.sub(r"/photos/[^/]+/", "/photos/{photo_id}/", request.url.path)
    allowed = [method for method, known, _ in _ANSWERS if ROOT + known == path]
    if allowed:
        return JSONResponse(
            {"error": f"Only {' and '.join(allowed)} here."}, 405, {"allow": ", ".join(allowed)}
        )
    raise Refused(404, f"There is nothing here; see {ROOT}/openapi.json.")


def forget_store() -> None:
    """Let the next request open the record anew; for tests with a data folder of their own."""
    _store.cache_clear()
    _pace.cache_clear()
