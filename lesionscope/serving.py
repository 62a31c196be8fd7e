"""Serve the app on this machine: the address, its port, and when it answers."""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lesionscope import __version__, logs, places
from lesionscope.imaging.decode import BYTE_LIMIT

if TYPE_CHECKING:
    from streamlit import App

log = logging.getLogger("lesionscope.serving")

UPLOAD_MB = BYTE_LIMIT // 10**6
"""Largest upload, as large as a photo may be."""
START_SECONDS = 60.0
"""How long the app may take to answer before its address is no longer announced."""

TIDY_SECONDS = 60.0
"""How often what ended sessions have left behind is looked for."""


class CannotServe(RuntimeError):  # noqa: N818 - a refusal, and named as one
    """The app cannot be served at an address; its text says why and what to do."""


def address_of(host: str, port: int) -> str:
    """Return the address that a browser on this machine opens.

    Parameters
    ----------
    host : str
        Name or number that the app listens on.
    port : int
        Port.

    Returns
    -------
    str

    Examples
    --------
    >>> address_of("127.0.0.1", 8501), address_of("0.0.0.0", 80), address_of("::1", 8501)
    ('http://127.0.0.1:8501', 'http://127.0.0.1:80', 'http://[::1]:8501')
    """
    here = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def check_free(host: str, port: int) -> None:
    """Make sure that the app can listen at an address.

    Parameters
    ----------
    host : str
        Name or number to listen on.
    port : int
        Port.

    Raises
    ------
    CannotServe
        If the port is taken or not allowed, or the host is not one of this machine's.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CannotServe(f"{host!r} is not a name or address of this machine.") from error
    with socket.socket(family, kind, protocol) as trial:
        if os.name == "posix":  # a port whose last server has just ended is free
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(where)
        except PermissionError as error:
            raise CannotServe(
                f"This account may not use port {port}. Choose one above 1023: "
                f"lesionscope serve --port 8501"
            ) from error
        except OSError as error:
            raise CannotServe(_taken(host, port)) from error


def _taken(host: str, port: int) -> str:
    other = port + 1 if port < 65535 else port - 1
    return (
        f"Port {port} is in use, perhaps by LesionScope itself: open {address_of(host, port)}, or "
        f"choose another port: lesionscope serve --port {other}"
    )


def serve_app(
    host: str, port: int, *, ready: Callable[[str], None], names: Sequence[str] = ()
) -> None:
    """Serve the app, and the HTTP API beside it, until it is stopped.

    Parameters
    ----------
    host : str
        Name or number to listen on.
    port : int
        Port.
    ready : callable
        Called with the address, from another thread, once the app answers.
    names : sequence of str
        Host names besides this machine's own that browsers may ask for, such as a proxy's.

    Raises
    ------
    CannotServe
        See `check_free`.
    """
    check_free(host, port)
    address = address_of(host, port)
    threading.Thread(target=_announce, args=(address, ready), daemon=True).start()
    threading.Thread(target=_tidy, daemon=True).start()
    logs.configure()
    logs.event(log, logging.INFO, "started", version=__version__)
    # In this process, so that whoever ends it ends the server and not a parent of it.
    script = places.app_script()
    sys.argv = [str(script)]  # beside which Streamlit looks for its configuration
    known = (*_OWN_NAMES, *names, *_spoken(host))
    _app(script, known).run(config=_settings(host, port, known))


_OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")


def _spoken(host: str) -> tuple[str, ...]:
    """Return a host as a browser names it; listening everywhere names nobody."""
    if host in ("", "0.0.0.0", "::"):
        return ()
    return (f"[{host}]",) if ":" in host else (host,)


def _app(script: Path, names: Sequence[str]) -> App:
    import streamlit
    import uvicorn.config
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from lesionscope.api.routes import routes
    from lesionscope.headers import SecurityHeaders, content_policy, inline_scripts

    if logs.asked_for_json():
        # Its own handler would put words before the line.
        uvicorn.config.LOGGING_CONFIG["formatters"]["default"]["fmt"] = "%(message)s"
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    policy = content_policy(inline_scripts(page))
    return streamlit.App(
        script,
        routes=routes(),
        middleware=[
            Middleware(SecurityHeaders, policy=policy),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(names), www_redirect=False),
        ],
    )


def _settings(host: str, port: int, names: Sequence[str]) -> dict[str, Any]:
    return {
        "server.address": host,
        "server.port": port,
        "server.allowedHosts": [name.strip("[]") for name in names],
        # The browser is opened here, after the app answers; and a first start asks no e-mail.
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.enableXsrfProtection": True,
        "server.maxUploadSize": UPLOAD_MB,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        # A click waits for the act before it; else of two quick answers one would be lost.
        "runner.fastReruns": False,
        "runner.magicEnabled": False,
        "runner.postScriptGC": False,  # see _tidy
        "logger.hideWelcomeMessage": True,
        # With JSON lines a message is the whole line already.
        **({"logger.messageFormat": "%(message)s"} if logs.asked_for_json() else {}),
    }


def _tidy() -> None:
    # Sessions that have ended, with what they held, refer to themselves and go only when somebody
    # looks. Streamlit looks after every page: 0.15 s in which nobody else is answered, which was
    # more than half of what a page cost.
    while True:
        time.sleep(TIDY_SECONDS)
        gc.collect()


def _announce(address: str, ready: Callable[[str], None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    # A proxy that is set for the web must not be asked for this machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        try:
            with direct.open(f"{address}/_stcore/health", timeout=2):
                ready(address)
                return
        except OSError:
            time.sleep(0.1)
