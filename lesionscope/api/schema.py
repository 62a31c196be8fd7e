"""The OpenAPI document of the API, kept beside the routes that it describes."""

from __future__ import annotations

from typing import Any

from lesionscope import __version__
from lesionscope.core.sites import Site
from lesionscope.pipeline import Method

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "What was wrong, what to do."}},
}
_DOCUMENT = {
    "type": "object",
    "required": ["schema_version", "sha256", "site", "lesions", "findings"],
    "description": "As described in docs/output-format.md; null is not measurable, never zero.",
}
_WORDS = {
    400: "Not a request of HTTP.",
    401: "No open session, or a wrong name or password.",
    403: "The role of the account does not allow it.",
    404: "The record holds no such photo, or it was not measured.",
    413: "The body is too large.",
    422: "What was asked cannot be done; a photo says why.",
    429: "Too many requests of this client: wait as many seconds as Retry-After says.",
    500: "A fault of the software.",
    503: "Busy: try again later.",
}


def openapi() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    Returns
    -------
    dict
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LesionScope",
            "version": __version__,
            "description": "Measures cutaneous dermatomyositis from photos. Research tool, not a "
            "medical device. A client signs in as an account of the record and has its rights.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {
            "/health": {"get": _get("The process runs; never limited", {"type": "object"})},
            "/ready": {"get": _get("The record and the measuring processes answer", _READY, 503)},
            "/metrics": {"get": _get("Counts for Prometheus", {"type": "string"})},
            "/openapi.json": {"get": _get("This document", {"type": "object"})},
            "/session": {"post": _SIGN_IN, "delete": _SIGN_OUT},
            "/measure": {"post": _MEASURE},
            "/photos/{photo_id}/measurement": {"get": _FETCH},
        },
        "components": {"securitySchemes": {"session": {"type": "http", "scheme": "bearer"}}},
    }


def _json(schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _answers(done: dict[str, Any], *refused: int) -> dict[str, Any]:
    listed = sorted((*refused, 429))
    return done | {str(status): _answer(status) for status in listed}


def _answer(status: int) -> dict[str, Any]:
    answer = _json(_ERROR, _WORDS[status])
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "s"}}
    return answer


def _get(words: str, schema: dict[str, Any], *refused: int) -> dict[str, Any]:
    kind = "text/plain" if schema["type"] == "string" else "application/json"
    done = {"description": words, "content": {kind: {"schema": schema}}}
    other = {str(status): done for status in refused}
    return {"summary": words, "responses": {"200": done} | other | {"429": _answer(429)}}


_READY = {
    "type": "object",
    "required": ["ready", "record", "measuring"],
    "properties": {name: {"type": "boolean"} for name in ("ready", "record", "measuring")},
}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 128}
_SIGN_IN = {
    "summary": "Sign in; the token ends after an hour without use, or 12 hours",
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["name", "password"],
                    "additionalProperties": False,
                    "properties": {"name": _TEXT, "password": _TEXT},
                }
            }
        },
    },
    "responses": _answers(
        {
            "201": _json(
                {
                    "type": "object",
                    "required": ["token", "role", "idle_seconds"],
                    "properties": {
                        "token": {"type": "string"},
                        "role": {"type": "string"},
                        "idle_seconds": {"type": "integer"},
                    },
                },
                "Signed in",
            )
        },
        401, 413, 422, 503,
    ),
}  # fmt: skip
_SIGN_OUT = {
    "summary": "Sign out",
    "security": [{"session": []}],
    "responses": _answers({"204": {"description": "Signed out"}}, 401, 503),
}
_MEASURE = {
    "summary": "Measure a photo; nothing is stored",
    "security": [{"session": []}],
    "parameters": [
        {
            "name": "site",
            "in": "query",
            "schema": {"type": "string", "enum": [site.value for site in Site]},
        },
        {
            "name": "marker_mm",
            "in": "query",
            "description": "Side of the printed marker, mm.",
            "schema": {"type": "number", "minimum": 1, "maximum": 500},
        },
        {
            "name": "method",
            "in": "query",
            "schema": {"type": "string", "enum": [method.value for method in Method]},
        },
    ],
    "requestBody": {
        "required": True,
        "description": "The photo's file: JPEG, PNG, TIFF, WebP or HEIC.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    "responses": _answers({"200": _json(_DOCUMENT, "Measured")}, 401, 403, 413, 422, 500, 503),
}
_FETCH = {
    "summary": "The newest measurement of a photo of the record",
    "security": [{"session": []}],
    "parameters": [
        {
            "name": "photo_id",
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        }
    ],
    "responses": _answers(
        {
            "200": _json(
                {
                    "type": "object",
                    "required": ["id", "photo_id", "made_at", "drawn_by", "document"],
                    "properties": {"document": _DOCUMENT},
                },
                "Found",
            )
        },
        401, 403, 404, 422, 503,
    ),
}  # fmt: skip
