from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette

from lesionscope.api import routes
from lesionscope.api.pace import MOST_CLIENTS, PER_MINUTE, PER_MINUTE_UNSIGNED, Pace, pace_asked
from lesionscope.core.people import Role
from lesionscope.store import Store

PASSWORD = "a long enough secret"


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_at_its_rate() -> None:
    clock = Clock()
    pace = Pace(60, 6, clock=clock)
    assert [pace.wait("", "192.0.2.7") for _ in range(7)] == [0] * 6 + [10]
    clock.now = 9.0
    assert pace.wait("", "192.0.2.7") == 1
    clock.now = 10.0
    assert pace.wait("", "192.0.2.7") == 0
    clock.now = 10_000.0
    assert [pace.wait("", "192.0.2.7") for _ in range(7)] == [0] * 6 + [10]


def test_each_address_and_each_admitted_token_has_its_own() -> None:
    pace = Pace(3, 1, clock=Clock())
    assert pace.wait("", "192.0.2.7") == 0
    assert pace.wait("", "192.0.2.7") > 0
    assert pace.wait("", "192.0.2.8") == 0
    pace.admit("one")
    pace.admit("two")
    assert [pace.wait("one", "192.0.2.7") for _ in range(4)] == [0, 0, 0, 20]
    assert pace.wait("two", "192.0.2.7") == 0
    pace.forget("two")
    assert pace.wait("two", "192.0.2.7") > 0


def test_made_up_tokens_count_on_their_address() -> None:
    pace = Pace(100, 5, clock=Clock())
    assert [bool(pace.wait(f"made-up-{n}", "2001:db8::" + str(n))) for n in range(7)] == [
        *[False] * 5, True, True,
    ]  # fmt: skip


def test_the_table_of_clients_does_not_grow_without_end() -> None:
    pace = Pace(clock=Clock())
    for number in range(MOST_CLIENTS + 50):
        pace.wait("", f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
        pace.admit(str(number))
    assert len(pace._buckets) == len(pace._known) == MOST_CLIENTS


def test_the_environment_sets_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PER_MINUTE, "7")
    monkeypatch.setenv(PER_MINUTE_UNSIGNED, " ")
    assert (pace_asked().signed, pace_asked().unsigned) == (7, 60)


@pytest.mark.parametrize("text", ["0", "-3", "many", "1.5"])
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(PER_MINUTE, text)
    with pytest.raises(ValueError, match="whole number of requests a minute"):
        pace_asked()


Ask = Callable[..., tuple[int, dict[str, str], Any]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Routes under which an address may ask 4 times a minute, and a session 6 times."""
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path))
    monkeypatch.setattr(routes, "pace_asked", lambda: Pace(6, 4, clock=Clock()))
    with Store.open(tmp_path, hasher=PasswordHasher(1, 8, 1)) as store:
        owner = store.create_owner("owner", "Clinic Owner", PASSWORD)
        store.add_account(owner, "monitor", "Study Monitor", Role.MONITOR, PASSWORD)
    routes.forget_store()
    app = Starlette(routes=routes.routes())

    def asked(
        method: str, path: str, body: Any = None, token: str = ""
    ) -> tuple[int, dict[str, str], Any]:
        # In a thread: a browser test before this one leaves an event loop running in this one.
        with ThreadPoolExecutor(1) as apart:
            answer = answer_of(app, (method, path), body, token)
            return apart.submit(asyncio.run, answer).result()

    yield asked
    routes.forget_store()


async def answer_of(
    app: Starlette, request: tuple[str, str], body: Any, token: str
) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and content of an answer, as a server would send it."""
    sent: list[dict[str, Any]] = []
    method, path = request
    headers = [(b"content-type", b"application/json"), (b"host", b"testserver")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": b"",
        "headers": headers, "client": ("192.0.2.7", 1234), "server": ("testserver", 80),
        "scheme": "http", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    content = b"".join(part.get("body", b"") for part in sent[1:])
    named = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], named, json.loads(content)


def test_a_client_that_asks_too_often_is_told_how_long_to_wait(ask: Ask) -> None:
    def sign_in(name: str, password: str = PASSWORD) -> tuple[int, str]:
        asked = {"name": name, "password": password}
        status, _, answer = ask("POST", "/api/v1/session", asked)
        return status, answer.get("token", "")

    def fetch(token: str) -> int:
        return ask("GET", "/api/v1/photos/1/measurement", token=token)[0]

    (_, one), (_, two) = sign_in("owner"), sign_in("monitor")
    assert [fetch(one) for _ in range(7)] == [404] * 6 + [429]
    # Neither the other client nor a guest of the same address pays for it.
    assert fetch(two) == 404
    assert sign_in("owner", "wrong password")[0] == 401
    assert fetch("made-up") == 401
    status, headers, answer = ask("GET", "/api/v1/openapi.json")
    assert status == 429
    assert headers["retry-after"] == "15"
    assert answer["error"].startswith("Too many requests. Wait ")
    assert ask("GET", "/api/v1/health")[0] == 200
    # Where nothing is, too, or a search for what is there would not be limited.
    assert ask("GET", "/api/nowhere")[0] == 429
