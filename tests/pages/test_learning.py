from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.measurement import Item
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin
from lesionscope.model.runtime import Grader
from lesionscope.pages import session
from lesionscope.store.store import Store
from tests.pages.conftest import Open, said

ReaderWith = Callable[[Role], Reader]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> list[ConfirmedAnswer]:
    """Twelve patients whose readers find one level more than is suggested."""
    version = f"skin-1, outline-1, {Grader.load().version}"
    answers = [
        ConfirmedAnswer(
            patient, 10 * patient + n, "arm.erythema", Item.ERYTHEMA, (0.2, 0.4, 0.3, 0.1), 2,
            AnswerOrigin.OVERRIDDEN, "brown" if patient % 2 else "light", version,
        )
        for patient in range(12)
        for n in range(6)
    ]  # fmt: skip
    monkeypatch.setattr(Store, "confirmed_answers", lambda self, by: answers)
    return answers


def test_before_the_first_signature_there_is_nothing_to_learn(
    record: Store, owner: Reader, open_app: Open
) -> None:
    app = open_app("learning", owner)
    assert "No signed reading rests on a suggestion yet" in said(app)
    assert "In use: the network as it is" in said(app)


def test_overrides_are_shown_by_tone_and_adopted_and_given_up(
    record: Store, owner: Reader, open_app: Open, taught: list[ConfirmedAnswer]
) -> None:
    app = open_app("learning", owner)
    tones = app.dataframe[0].value.to_dict("records")
    assert {row["Skin tone"] for row in tones} == {"brown", "light"}
    assert all(row["Overridden"] == row["Suggestions seen"] == 36 for row in tones)
    press(app, "Adopt for later suggestions")
    adopted = record.recalibration()
    assert adopted is not None
    assert adopted.adjustments["erythema"].shift > 0
    assert session.grader().version.endswith(f"+{adopted.name}")
    assert adopted.name in said(app)
    app.text_input(key="give_up_reason").set_value("tried for a day")
    press(app, "Suggest as the network does")
    assert record.recalibration() is None
    assert session.grader().version == Grader.load().version


def test_who_may_not_set_how_the_study_works_only_looks(
    record: Store, reader_with: ReaderWith, open_app: Open, taught: list[ConfirmedAnswer]
) -> None:
    app = open_app("learning", reader_with(Role.MONITOR))
    assert len(app.dataframe) == 3
    assert not [b for b in app.button if b.label == "Adopt for later suggestions"]
