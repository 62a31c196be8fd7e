"""What every answer of the server says to a browser: run nothing but ours, ask nobody else.

References
----------
W3C Content Security Policy Level 3; OWASP Secure Headers Project.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_OTHERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
# Photos and what is said of them stay in no cache of a shared computer.
_NOT_KEPT = ("/media/", "/api/")


def inline_scripts(page: Path) -> tuple[str, ...]:
    """Return the scripts that stand in a page itself, as a policy names them.

    Parameters
    ----------
    page : Path
        HTML file.

    Returns
    -------
    tuple of str
        Such as ``"'sha256-...'"``: exactly these run, and no other inline script.
    """
    found = _INLINE.findall(page.read_text("utf-8"))
    digests = (hashlib.sha256(script.encode()).digest() for script in found)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def content_policy(scripts: Iterable[str] = ()) -> str:
    """Return the Content-Security-Policy of the app.

    Parameters
    ----------
    scripts : iterable of str
        Inline scripts that may run, from `inline_scripts`.

    Returns
    -------
    str
    """
    parts = {
        "default-src": "'none'",
        # blob: is how Streamlit loads the script of a component of ours, from its own memory.
        "script-src": " ".join(("'self'", "blob:", *scripts)),
        # Streamlit writes its styles into the page as it goes; a style can run nothing.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


class SecurityHeaders:
    """Adds the headers to every answer.

    Parameters
    ----------
    app : ASGI application
        What answers.
    policy : str
        Content-Security-Policy.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = _OTHERS | {"content-security-policy": self._policy}
        if scope["path"].startswith(_NOT_KEPT):
            added["cache-control"] = "no-store"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set(message, added)
            await send(message)

        await self._app(scope, receive, with_headers)


def _set(message: MutableMapping[str, Any], added: dict[str, str]) -> None:
    names = {name.encode() for name in added} | {b"server"}
    kept = [
        (name, value) for name, value in message.get("headers", []) if name.lower() not in names
    ]
    message["headers"] = [
        *kept,
        *((name.encode(), value.encode()) for name, value in added.items()),
    ]
