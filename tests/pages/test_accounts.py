from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from lesionscope.core.people import RIGHTS, Act, Reader, Role
from lesionscope.store.store import Store
from tests.pages.conftest import PASSWORD, Open, said

NEW = "told by the owner"
OWN = "chosen by myself"

ReaderWith = Callable[[Role], Reader]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def table(app: AppTest, number: int = 0) -> list[dict[str, object]]:
    return list(app.dataframe[number].value.to_dict("records"))


def test_every_account_is_listed_as_it_stands(
    record: Store, owner: Reader, reader_with: ReaderWith, open_app: Open
) -> None:
    clinician, monitor = reader_with(Role.CLINICIAN), reader_with(Role.MONITOR)
    record.reset_password(owner, clinician.id, NEW)
    record.close_account(owner, monitor.id, "left the study")
    rows = {row["Name"]: row for row in table(open_app("accounts", owner))}
    assert rows["owner"]["State"] == "open"
    assert rows["clinician"]["State"] == "must change password"
    assert (rows["monitor"]["State"], rows["monitor"]["Reason"]) == ("closed", "left the study")


def test_the_owner_resets_a_password(
    record: Store, owner: Reader, reader_with: ReaderWith, open_app: Open
) -> None:
    clinician = reader_with(Role.CLINICIAN)
    app = open_app("accounts", owner)
    app.selectbox(key="account_chosen").set_value(clinician.id)
    app.text_input(key="reset_password").set_value(NEW)
    press(app, "Reset password")
    assert "changes it at the next sign-in" in said(app)
    assert record.authenticate("clinician", NEW) == clinician
    assert record.must_change_password(clinician)


def test_the_owner_closes_and_reopens_an_account(
    record: Store, owner: Reader, reader_with: ReaderWith, open_app: Open
) -> None:
    clinician = reader_with(Role.CLINICIAN)
    app = open_app("accounts", owner)
    app.selectbox(key="account_chosen").set_value(clinician.id)
    press(app, "Close account")
    assert "needs a reason" in said(app)
    app.text_input(key="state_reason").set_value("left the study")
    press(app, "Close account")
    assert record.standings(owner)[0].closed
    app.text_input(key="state_reason").set_value("came back")
    press(app, "Reopen account")
    assert not record.standings(owner)[0].closed


def test_the_owner_signs_somebody_out(
    record: Store, owner: Reader, reader_with: ReaderWith, open_app: Open
) -> None:
    clinician = reader_with(Role.CLINICIAN)
    token = record.open_session(clinician)
    press(open_app("accounts", owner), "Sign out everywhere")
    assert record.reader_of_session(token) is None


def test_a_new_person_must_choose_a_password(record: Store, owner: Reader, open_app: Open) -> None:
    app = open_app("accounts", owner)
    app.text_input(key="account_name").set_value("ben")
    app.text_input(key="account_full_name").set_value("Second Reader")
    app.selectbox(key="account_role").set_value(Role.CLINICIAN)
    app.text_input(key="account_password").set_value(NEW)
    press(app, "Add account")
    assert record.must_change_password(record.authenticate("ben", NEW))


def test_the_table_of_roles_is_that_of_the_code(
    owner: Reader, reader_with: ReaderWith, open_app: Open
) -> None:
    rows = table(open_app("accounts", owner), -1)
    assert [row["Act"] for row in rows] == [act.value for act in Act]
    for act, row in zip(Act, rows, strict=True):
        assert {role for role in Role if row[role.value]} == {
            role for role in Role if act in RIGHTS[role]
        }


def test_a_reset_password_opens_the_change_and_nothing_else(
    record: Store, owner: Reader, reader_with: ReaderWith, open_app: Open
) -> None:
    clinician = reader_with(Role.CLINICIAN)
    record.reset_password(owner, clinician.id, NEW)
    app = open_app()
    app.text_input(key="sign_in_name").set_value("clinician")
    app.text_input(key="sign_in_password").set_value(NEW)
    app.form_submit_button[0].click().run()
    assert app.title[0].value == "Choose your password"
    assert len(app.title) == 1
    app.text_input(key="password_old").set_value(NEW)
    app.text_input(key="password_new").set_value(NEW)
    app.text_input(key="password_again").set_value(NEW)
    press(app, "Change password")
    assert "must differ from the present one" in said(app)
    app.text_input(key="password_old").set_value(NEW)
    app.text_input(key="password_new").set_value(OWN)
    app.text_input(key="password_again").set_value(OWN + "!")
    press(app, "Change password")
    assert "two new passwords differ" in said(app)
    app.text_input(key="password_again").set_value(OWN)
    press(app, "Change password")
    assert "Your password is changed" in said(app)
    assert "Choose your password" not in said(app)
    assert record.authenticate("clinician", OWN) == clinician


def test_a_person_changes_the_password_and_stays_signed_in_here_alone(
    record: Store, owner: Reader, open_app: Open
) -> None:
    elsewhere = record.open_session(owner)
    app = open_app("my_account", owner)
    assert len(app.dataframe[0].value) == 2
    app.text_input(key="password_old").set_value(PASSWORD)
    app.text_input(key="password_new").set_value(OWN)
    app.text_input(key="password_again").set_value(OWN)
    press(app, "Change password")
    assert record.reader_of_session(elsewhere) is None
    assert record.reader_of_session(str(app.session_state["token"])) == owner
    assert record.authenticate("owner", OWN) == owner


def test_signing_out_everywhere_ends_every_session(
    record: Store, owner: Reader, open_app: Open
) -> None:
    elsewhere = record.open_session(owner)
    app = press(open_app("my_account", owner), "Sign out everywhere")
    assert "signed out everywhere" in said(app)
    assert app.text_input(key="sign_in_name")
    assert record.open_sessions(owner) == []
    assert record.reader_of_session(elsewhere) is None
