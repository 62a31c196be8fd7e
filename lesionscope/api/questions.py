"""What a request asks, checked before anything is done with it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TypeVar

from starlette.requests import Request

from lesionscope.apart.task import Task
from lesionscope.api.caller import Refused
from lesionscope.core.sites import Site
from lesionscope.imaging.decode import BYTE_LIMIT
from lesionscope.pipeline import Method

JSON_BYTES = 10_000
"""Largest JSON body; a name and a password are far shorter."""
_PARAMETERS = ("site", "marker_mm", "method")
_LARGEST_ID = 2**63 - 1

_Kind = TypeVar("_Kind", Site, Method)


async def body_json(request: Request, names: Sequence[str]) -> dict[str, str]:
    """Return the texts of a JSON object.

    Parameters
    ----------
    request : Request
        With the body.
    names : sequence of str
        Its keys, each a text; no other.

    Raises
    ------
    Refused
        413 or 422.
    """
    data = await _body(request, JSON_BYTES)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused(422, "The body must be JSON.") from None
    if (
        not isinstance(found, dict)
        or set(found) != set(names)
        or not all(isinstance(value, str) for value in found.values())
    ):
        raise Refused(422, f"The body must be a JSON object of the texts {', '.join(names)}.")
    return found


async def photo_bytes(request: Request) -> bytes:
    """Return the photo of a body; more than a photo may have is not even received.

    Raises
    ------
    Refused
        413 or 422.
    """
    data = await _body(request, BYTE_LIMIT)
    if not data:
        raise Refused(422, "The body must be the photo's file (0 bytes came).")
    return data


async def _body(request: Request, most: int) -> bytes:
    too_large = Refused(413, f"The body is larger than {most:,} bytes.")
    stated = request.headers.get("content-length", "0")
    if stated.isdecimal() and int(stated) > most:
        raise too_large
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > most:
            raise too_large
    return bytes(data)


def how_to_measure(request: Request) -> Task:
    """Return how a photo is to be measured, from the query.

    Raises
    ------
    Refused
        422 with what is wrong.
    """
    asked = request.query_params
    other = [name for name in asked if name not in _PARAMETERS]
    if other:
        raise Refused(422, f"Known parameters are {', '.join(_PARAMETERS)}.")
    return Task(
        site=_one_of(Site, "site", asked.get("site", Site.OTHER.value)),
        marker_mm=_marker_mm(asked.get("marker_mm", "20")),
        method=_one_of(Method, "method", asked.get("method", Method.NETWORK.value)),
    )


def _one_of(kind: type[_Kind], name: str, text: str) -> _Kind:
    try:
        return kind(text)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise Refused(422, f"The parameter {name} must be one of {known}.") from None


def _marker_mm(text: str) -> float:
    try:
        marker_mm = float(text)
    except ValueError:
        marker_mm = math.nan
    if not 1 <= marker_mm <= 500:
        raise Refused(422, "The parameter marker_mm must be a number from 1 to 500.")
    return marker_mm


def entity_id(request: Request, name: str) -> int:
    """Return a row's number in the path.

    Raises
    ------
    Refused
        422 if it is none.
    """
    text = str(request.path_params[name])
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _LARGEST_ID):
        raise Refused(422, f"The number {name} must be a whole one from 0.")
    return int(text)
