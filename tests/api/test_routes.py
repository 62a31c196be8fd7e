"""The HTTP API as a client meets it: a served process, its accounts, its refusals."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lesionscope.core.people import Role
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.pipeline import measure
from lesionscope.places import samples_folder
from lesionscope.store import Store

PASSWORD = "a long enough secret"
CALL = "from lesionscope.cli import app; raise SystemExit(app())"


def small_photo() -> bytes:
    source = next((samples_folder() / "demo_study" / "photos").glob("*abdomen*.jpg"))
    file = io.BytesIO()
    Image.open(source).resize((400, 300)).save(file, "JPEG", quality=90)
    return file.getvalue()


@dataclass
class Client:
    """A program that calls the API."""

    url: str
    token: str = ""

    def ask(
        self, method: str, path: str, data: bytes | None = None, **headers: str
    ) -> tuple[int, Message, bytes]:
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def json(self, method: str, path: str, data: bytes | None = None) -> tuple[int, Any]:
        status, _, body = self.ask(method, path, data)
        return status, json.loads(body) if body else None


def fill(home: Path) -> int:
    """Make a record with an owner, a monitor, and one photo that was measured."""
    photo = small_photo()
    with Store.open(home) as store:
        owner = store.create_owner("owner", "Clinic Owner", PASSWORD)
        store.add_account(owner, "monitor", "Study Monitor", Role.MONITOR, PASSWORD)
        patient = store.add_patient(owner, "DM-001")
        visit = store.add_visit(owner, patient.id, date(2026, 1, 5), "Baseline")
        stored = store.add_photo(
            owner, visit.id, photo, name="a.jpg", view="other", site=Site.OTHER, side=Side.MIDLINE
        )
        found = measure(photo)
        drawn_by = found.lesion_map.drawn_by
        store.add_measurement(
            owner, stored.id, document(found), mask_files(found), drawn_by=drawn_by
        )
    return stored.id


@pytest.fixture(scope="module")
def photo_id(tmp_path_factory: pytest.TempPathFactory) -> int:
    return fill(home_of(tmp_path_factory))


def home_of(factory: pytest.TempPathFactory) -> Path:
    return factory.getbasetemp() / "api_record"


def log_of(factory: pytest.TempPathFactory) -> Path:
    return factory.getbasetemp() / "api_log"


@pytest.fixture(scope="module")
def url(photo_id: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-c", CALL, "serve", "--port", str(port), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=log_of(tmp_path_factory).open("w"),
        text=True,
        env=os.environ
        | {
            "LESIONSCOPE_HOME": str(home_of(tmp_path_factory)),
            "LESIONSCOPE_LOG": "json",
            "PYTHONUNBUFFERED": "1",
        },
    )
    try:
        assert server.stdout is not None
        assert any("answers at" in server.stdout.readline() for _ in range(2))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def signed_in(url: str, name: str) -> Client:
    asked = json.dumps({"name": name, "password": PASSWORD}).encode()
    status, answer = Client(url).json("POST", "/api/v1/session", asked)
    assert status == 201
    return Client(url, answer["token"])


@pytest.fixture(scope="module")
def owner(url: str) -> Client:
    return signed_in(url, "owner")


def test_health_and_readiness_need_no_account(url: str) -> None:
    assert Client(url).json("GET", "/api/v1/health")[0] == 200
    ready = {"ready": True, "record": True, "measuring": True}
    assert Client(url).json("GET", "/api/v1/ready") == (200, ready)


def test_photo_is_measured_as_anywhere_else(owner: Client) -> None:
    photo = small_photo()
    status, found = owner.json("POST", "/api/v1/measure?site=abdomen&marker_mm=25", photo)
    assert status == 200
    here = document(measure(photo, site=Site.ABDOMEN, marker_mm=25))
    for written in (found, here):
        written.pop("seconds")
    assert found == json.loads(json.dumps(here))


def test_measurement_of_the_record_is_fetched(owner: Client, photo_id: int) -> None:
    status, found = owner.json("GET", f"/api/v1/photos/{photo_id}/measurement")
    assert status == 200
    assert found["photo_id"] == photo_id
    assert found["document"]["schema_version"]
    assert owner.json("GET", "/api/v1/photos/999/measurement")[0] == 404


def test_without_a_session_nothing_is_told(url: str, photo_id: int) -> None:
    for token in ("", "wrong", "\xe4"):
        stranger = Client(url, token)
        assert stranger.json("GET", f"/api/v1/photos/{photo_id}/measurement")[0] == 401
        assert stranger.json("POST", "/api/v1/measure", b"x")[0] == 401
    bad = json.dumps({"name": "owner", "password": "wrong"}).encode()
    status, answer = Client(url).json("POST", "/api/v1/session", bad)
    assert (status, answer) == (401, {"error": "The name or the password is wrong."})


def test_a_role_has_its_rights_and_no_more(url: str, photo_id: int) -> None:
    monitor = signed_in(url, "monitor")
    assert monitor.json("GET", f"/api/v1/photos/{photo_id}/measurement")[0] == 200
    status, answer = monitor.json("POST", "/api/v1/measure", small_photo())
    assert status == 403
    assert "monitor may not measure a photo" in answer["error"]


def test_signing_out_ends_the_token(url: str) -> None:
    client = signed_in(url, "owner")
    assert client.ask("DELETE", "/api/v1/session")[0] == 204
    assert client.json("POST", "/api/v1/measure", small_photo())[0] == 401


@pytest.mark.parametrize(
    ("query", "data", "said"),
    [
        ("", b"", "0 bytes"),
        ("", b"<svg/>", "SVG"),
        ("", b"%PDF-1.7", "PDF"),
        ("?site=nowhere", b"x", "site must be one of"),
        ("?marker_mm=nan", b"x", "marker_mm must be"),
        ("?marker=20", b"x", "Known parameters"),
    ],
)
def test_what_cannot_be_measured_says_why(
    owner: Client, query: str, data: bytes, said: str
) -> None:
    status, answer = owner.json("POST", f"/api/v1/measure{query}", data)
    assert status == 422
    assert said in answer["error"]


def test_too_large_is_refused_before_it_is_received(owner: Client) -> None:
    asked = {"Content-Length": "900000000", "Expect": "100-continue"}
    with socket.create_connection(("127.0.0.1", int(owner.url.rsplit(":", 1)[1])), 20) as line:
        head = [f"Authorization: Bearer {owner.token}", *(f"{k}: {v}" for k, v in asked.items())]
        text = "\r\n".join(("POST /api/v1/measure HTTP/1.1", "Host: localhost", *head, "", ""))
        line.sendall(text.encode())
        assert b" 413 " in line.recv(200)


def test_answers_carry_the_headers_and_name_no_server(url: str) -> None:
    for path in ("/", "/api/v1/health", "/_stcore/health", "/static/none.js"):
        _, headers, _ = Client(url).ask("GET", path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert Client(url).ask("GET", "/api/v1/health")[1]["cache-control"] == "no-store"


def test_other_host_names_are_refused(url: str) -> None:
    assert Client(url).ask("GET", "/", Host="evil.example")[0] == 400
    assert Client(url).ask("GET", "/", Host="localhost:1")[0] == 200


def test_metrics_count_and_name_nobody(owner: Client) -> None:
    _, headers, body = owner.ask("GET", "/api/v1/metrics")
    text = body.decode()
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'route="/api/v1/measure",status="200"} ' in text
    assert "lesionscope_measure_seconds_count" in text
    assert "owner" not in text
    assert "999" not in text


def test_the_log_is_json_lines_that_name_nobody(
    owner: Client, photo_id: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    guess = json.dumps({"name": "monitor", "password": "wrong horse 9"}).encode()
    assert Client(owner.url).json("POST", "/api/v1/session", guess)[0] == 401
    owner.json("GET", f"/api/v1/photos/{photo_id}/measurement")
    owner.json("POST", "/api/v1/measure?site=arm.jpg", small_photo())
    text = log_of(tmp_path_factory).read_text()
    found = [json.loads(line) for line in text.splitlines()]
    assert found[0]["event"] == "started"
    fetched = [one for one in found if one.get("request", "").endswith("{photo_id}/measurement")]
    assert fetched[-1]["status"] == 200
    for secret in (PASSWORD, "wrong horse", owner.token, "owner", "monitor", "DM-001", "a.jpg",
                   "arm.jpg", "Clinic Owner", "2026-01"):  # fmt: skip
        assert secret not in text


def test_unknown_paths_and_methods_are_told(url: str) -> None:
    assert Client(url).json("GET", "/api/v2/measure")[0] == 404
    status, headers, _ = Client(url).ask("PUT", "/api/v1/measure", b"x")
    assert (status, headers["allow"]) == (405, "POST")


def test_api_keeps_to_its_own_document_when_fuzzed(owner: Client) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    schema = schemathesis.openapi.from_url(f"{owner.url}/api/v1/openapi.json")
    for operation in schema.exclude(path_regex="session").get_all_operations():
        fuzz_one(operation.ok(), owner.token)


def fuzz_one(operation: Any, token: str) -> None:
    from hypothesis import HealthCheck, given, settings
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def keeps_to_it(case: Any) -> None:
        # Whether bytes are a photo no schema can say.
        case.call_and_validate(
            headers={"Authorization": f"Bearer {token}"},
            excluded_checks=[positive_data_acceptance],
        )

    keeps_to_it()
