from __future__ import annotations

from lesionscope.core.people import Reader
from lesionscope.store.store import Store
from tests.pages.conftest import PASSWORD, Open, said


def test_the_first_start_makes_the_owner(record: Store, open_app: Open) -> None:
    app = open_app()
    app.text_input(key="owner_name").set_value("ada")
    app.text_input(key="owner_full_name").set_value("Ada Reader")
    app.text_input(key="owner_password").set_value(PASSWORD)
    app.text_input(key="owner_password_again").set_value(PASSWORD)
    app.form_submit_button[0].click().run()
    assert not app.exception
    assert record.has_owner()
    assert app.title[0].value == "Patients"


def test_two_passwords_that_differ_make_no_account(record: Store, open_app: Open) -> None:
    app = open_app()
    app.text_input(key="owner_name").set_value("ada")
    app.text_input(key="owner_full_name").set_value("Ada Reader")
    app.text_input(key="owner_password").set_value(PASSWORD)
    app.text_input(key="owner_password_again").set_value(PASSWORD + "!")
    app.form_submit_button[0].click().run()
    assert "passwords differ" in said(app)
    assert not record.has_owner()


def test_a_short_password_is_refused_with_the_rule(record: Store, open_app: Open) -> None:
    app = open_app()
    app.text_input(key="owner_name").set_value("ada")
    app.text_input(key="owner_full_name").set_value("Ada Reader")
    app.text_input(key="owner_password").set_value("short")
    app.text_input(key="owner_password_again").set_value("short")
    app.form_submit_button[0].click().run()
    assert "A password must have" in said(app)
    assert not record.has_owner()


def test_a_wrong_password_says_so_and_the_right_one_opens(owner: Reader, open_app: Open) -> None:
    app = open_app()
    app.text_input(key="sign_in_name").set_value(owner.name)
    app.text_input(key="sign_in_password").set_value("not the password")
    app.form_submit_button[0].click().run()
    assert app.error
    app.text_input(key="sign_in_password").set_value(PASSWORD)
    app.form_submit_button[0].click().run()
    assert app.title[0].value == "Patients"


def test_signing_out_ends_the_session_in_the_record(
    record: Store, owner: Reader, open_app: Open
) -> None:
    app = open_app("", owner)
    token = str(app.session_state["token"])
    assert record.reader_of_session(token) == owner
    app.button(key="sign_out").click().run()
    assert record.reader_of_session(token) is None
    assert app.text_input(key="sign_in_name").value == ""


def test_a_closed_session_shows_the_sign_in_form(
    record: Store, owner: Reader, open_app: Open
) -> None:
    app = open_app("", owner)
    record.close_session(str(app.session_state["token"]))
    app.run()
    assert "signed out" in said(app)
    assert app.text_input(key="sign_in_name")


def test_every_page_says_that_it_is_not_a_medical_device(owner: Reader, open_app: Open) -> None:
    for page in ("", "patients", "audit", "accounts"):
        assert "not a medical device" in said(open_app(page, owner))
    assert "not a medical device" in said(open_app())
