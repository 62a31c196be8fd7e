from __future__ import annotations

import logging
from pathlib import Path
from unittest.mock import patch

import pytest

from lesionscope.core.people import Reader
from lesionscope.pages import session
from lesionscope.store.refusals import RecordBusy
from lesionscope.store.store import Store
from tests.pages.conftest import APP, Open, said


def fails(*_args: object, **_options: object) -> None:
    raise RuntimeError("inner detail 4711")


def test_a_page_that_fails_shows_a_sentence_and_logs_the_rest(
    owner: Reader, open_app: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(Store, "patients", fails), caplog.at_level(logging.ERROR):
        app = open_app("patients", owner)
    assert not app.exception
    assert "Something went wrong" in said(app)
    assert "4711" not in said(app)
    assert "inner detail 4711" in caplog.text
    assert "not a medical device" in said(app)


def test_an_act_that_fails_shows_a_sentence(owner: Reader, open_app: Open) -> None:
    app = open_app("patients", owner)
    app.text_input(key="new_pseudonym").set_value("DM-001")
    with patch.object(Store, "add_patient", fails):
        app.form_submit_button[0].click().run()
    assert not app.exception
    assert "Something went wrong" in said(app)
    assert "4711" not in said(app)


def test_a_refusal_is_said_in_its_own_words() -> None:
    assert session.sentence(RecordBusy("the record is busy; try again")) == (
        "The record is busy; try again."
    )


def test_the_token_is_in_no_address_and_no_log(
    record: Store, owner: Reader, open_app: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        app = open_app("patients", owner)
    token = str(app.session_state[session.TOKEN])
    assert len(token) > 20
    assert token not in caplog.text
    assert token not in str(dict(app.query_params))


def test_the_settings_keep_everything_here() -> None:
    settings = (APP.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    for line in (
        "gatherUsageStats = false",
        'address = "127.0.0.1"',
        'showErrorDetails = "none"',
        "maxUploadSize = 150",
        "magicEnabled = false",
        "fastReruns = false",
    ):
        assert line in settings
    assert "http" not in settings


@pytest.mark.parametrize("script", sorted(Path(session.__file__).parent.rglob("*.*")))
def test_no_page_fetches_anything_from_elsewhere(script: Path) -> None:
    if script.suffix in {".py", ".js", ".css", ".html"}:
        text = script.read_text(encoding="utf-8")
        allowed = ("http://www.w3.org/2000/svg",)
        for address in allowed:
            text = text.replace(address, "")
        assert "http://" not in text
        assert "https://" not in text
