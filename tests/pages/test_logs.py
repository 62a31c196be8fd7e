"""A session at the screen with its log as JSON lines: no patient, file name or password in it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from lesionscope.pages import session
from lesionscope.store.store import Store
from tests.test_logs import lines

if TYPE_CHECKING:
    from tests.pages.conftest import Clinic, Open

__all__ = ["lines"]

SECRETS = ("DM-001", "JANE-1970", "arm.jpg", "face.jpg", "Owner of the record", "2026-01", "15 Jan",
           "Baseline", "wrong horse", "a long enough secret")  # fmt: skip


def test_the_log_of_a_session_names_nobody(
    clinic: Clinic, open_app: Open, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = open_app()
    guest.text_input[0].set_value("owner")
    guest.text_input[1].set_value("wrong horse")
    guest.button[0].click().run()
    place = {session.PATIENT: clinic.patient_id, session.VISIT: clinic.visit_id}
    app = open_app("patients", clinic.owner, **place)
    token = app.session_state[session.TOKEN]
    app.text_input[0].set_value("JANE-1970")
    app.button[0].click().run()

    def broken(*_: object) -> None:
        raise RuntimeError("DM-001, arm.jpg of 2026-01-15 is lost")

    monkeypatch.setattr(Store, "patients", broken)
    app.run()
    assert "give your administrator this number" in app.error[0].value
    text = lines.getvalue()
    found = [json.loads(line) for line in text.splitlines()]
    assert not [secret for secret in (*SECRETS, token) if secret in text]
    failed = next(line for line in found if line["event"] == "page failed")
    assert failed["kind"] == "RuntimeError"
    assert failed["number"] in app.error[0].value
    assert [line["kind"] for line in found if line["event"] == "sign-in refused"]
    assert {line["page"] for line in found if line["event"] == "page"} >= {"Patients"}
