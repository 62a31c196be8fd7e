from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from lesionscope.core.people import Reader, Role
from lesionscope.pages import session
from lesionscope.pages.audit_export import exported
from lesionscope.store.audit import EventFilter
from lesionscope.store.store import Store
from tests.pages.conftest import Clinic, Open, said


def acts(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["Act"]) if len(app.dataframe[0].value) else []


def test_the_filter_narrows_the_table(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_app: Open
) -> None:
    clinic.store.add_patient(reader_with(Role.CLINICIAN), "DM-002")
    app = open_app("audit", clinic.owner)
    app.selectbox(key="audit_who").set_value("clinician").run()
    assert acts(app) == ["add patient"]
    assert "1 event found" in said(app)
    app.selectbox(key="audit_act").set_value("add photo").run()
    assert acts(app) == []
    app.selectbox(key="audit_who").set_value(None).run()
    assert acts(app) == ["add photo", "add photo"]
    app.number_input(key="audit_number").set_value(clinic.malar.id).run()
    assert acts(app) == ["add photo"]


def test_the_days_are_those_of_utc_and_in_order(clinic: Clinic, open_app: Open) -> None:
    today = datetime.now(UTC).date()
    app = open_app("audit", clinic.owner)
    app.date_input(key="audit_first").set_value(today + timedelta(days=1)).run()
    assert "0 events found" in said(app)
    app.date_input(key="audit_last").set_value(today).run()
    assert "The first day is after the last" in said(app)
    app.date_input(key="audit_first").set_value(today - timedelta(days=1)).run()
    assert len(acts(app)) >= 4


def test_the_export_holds_what_was_found_and_is_in_the_trail(
    clinic: Clinic, open_app: Open
) -> None:
    clinic.store.withdraw_photo(clinic.owner, clinic.malar.id, '=HYPERLINK("http://x")')
    app = open_app("audit", clinic.owner)
    app.selectbox(key="audit_entity").set_value("photo").run()
    before = clinic.store.head()
    found = app.get("download_button")
    assert len(found) == 1
    with patch.object(session, "store", lambda: clinic.store):  # what a click makes
        table = exported(clinic.owner, EventFilter(entity="photo"))
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert rows[0][:5] == ["number", "utc", "who", "role", "act"]
    assert [row[4] for row in rows[1:]] == ["withdraw photo", "add photo", "add photo"]
    assert all(not cell.startswith("=") for row in rows for cell in row)
    event = clinic.store.events(clinic.owner, limit=1)[0]
    assert before is not None
    assert event.id == before.number + 1
    assert (event.act, event.detail["what"]) == ("export", "audit trail, 3 events: on photo")


def test_a_monitor_reads_the_trail_and_takes_nothing_along(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_app: Open
) -> None:
    app = open_app("audit", reader_with(Role.MONITOR))
    assert acts(app)
    assert not app.get("download_button")


def test_a_kept_head_is_compared(record: Store, clinic: Clinic, open_app: Open) -> None:
    head = record.head()
    assert head is not None
    app = open_app("audit", clinic.owner)
    compare(app, head.text)
    assert "goes through this head" in said(app)
    compare(app, f"{head.number}:{'0' * 64}")
    assert "has another hash than the kept head" in said(app)
    compare(app, "nonsense")
    assert "64 hex digits" in said(app)


def compare(app: AppTest, text: str) -> None:
    app.text_input(key="kept_head").set_value(text)
    next(b for b in app.button if b.label == "Compare with the record").click()
    app.run()
    assert not app.exception
