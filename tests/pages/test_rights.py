"""Every role against every page and, through the pages' one door to the record, every act."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest

from lesionscope.core.people import Act, Reader, Role, may
from lesionscope.pages import frame, session
from lesionscope.store import NotAllowed, Store, record
from lesionscope.store.heads import ChainHead
from tests.pages.conftest import PAGES as APP_PAGES
from tests.pages.conftest import Clinic, Open, said
from tests.store.conftest import Clock, cheap_hasher, settle
from tests.store.test_rights import METHODS, Ward

PAGES: dict[str, Act] = {
    name: act for name, _, _, act in frame._CLINIC + frame._READING + frame._STUDY if act
}
"""Pages that ask for a right, and which."""
REFUSED_ACTS = [
    (name, role) for name, (act, _) in METHODS.items() for role in Role if not may(role, act)
]


@pytest.mark.parametrize("role", Role)
def test_the_menu_lists_what_the_role_may_open(monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    monkeypatch.setattr(frame, "_page", lambda name, *_: name)
    reader = Reader(1, "somebody", "Somebody", role)
    listed = {name for names in frame.pages(reader).values() for name in names}
    assert listed >= {"my_account", "about"}
    assert listed & set(PAGES) == {name for name, act in PAGES.items() if may(role, act)}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_a_page_that_the_menu_hides_refuses_by_itself(
    clinic: Clinic,
    reader_with: Callable[[Role], Reader],
    open_app: Open,
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
) -> None:
    monkeypatch.setattr(frame, "_allowed", lambda reader, act: True)
    monkeypatch.setattr(frame, "sidebar", lambda reader: None)
    place = {session.PATIENT: clinic.patient_id, session.VISIT: clinic.visit_id}
    app = open_app("about", reader_with(role), **place)
    assert app.title[0].value == "About"
    for page in [name for name, act in PAGES.items() if not may(role, act)]:
        app.switch_page(str(APP_PAGES / f"{page}.py")).run()
        assert not app.exception, page
        assert "may not " in said(app), page
        assert "Something went wrong" not in said(app), page
        assert not app.dataframe, page
        assert not app.form_submit_button, page
        assert not app.get("imgs"), page


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    home = tmp_path_factory.mktemp("ward") / "home"
    with Store.open(home, clock=Clock(), hasher=cheap_hasher()) as store:
        settled = settle(store)
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    with Store.open(copy, hasher=cheap_hasher()) as store:
        yield Ward(replace(settled, store=store), count())


@pytest.mark.parametrize(("method", "role"), REFUSED_ACTS)
def test_a_click_that_the_role_may_not_becomes_a_sentence_and_nothing_else(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, method: str, role: Role
) -> None:
    act, call = METHODS[method]
    by = ward.clinic.people[role]
    sentences: list[str] = []
    heads: list[ChainHead | None] = []

    class Noted(NotAllowed):
        """Notes how far the record was when it refused."""

        def __init__(self, *words: object) -> None:
            super().__init__(*words)
            heads.append(ward.store.head())

    monkeypatch.setattr(record, "NotAllowed", Noted)
    monkeypatch.setattr(session, "signed_in", lambda: by)
    monkeypatch.setattr(session, "store", lambda: ward.store)
    monkeypatch.setattr(session, "say", lambda sentence, icon: sentences.append(sentence))
    session.attempt(lambda store, reader: call(ward, reader))
    assert sentences == [f"{by.full_name} ({role}) may not {act}."]
    assert ward.store.head() == heads[-1]
