from __future__ import annotations

import base64
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from lesionscope.pages.components.mask_editor import decode_runs, encode_runs


def _page() -> None:
    import numpy as np
    import streamlit as st

    from lesionscope.imaging.patch import Patch
    from lesionscope.pages.components.click_relay import Answer, Question, click_relay

    def answered(question: Question) -> Answer:
        st.session_state["asked"] = [*st.session_state.get("asked", []), question]
        return Answer(added=Patch(2, 1, np.ones((2, 3), bool)), removed=Patch(0, 0, np.eye(0) > 0))

    click_relay(answered, shape=(4, 6), key="case")


MASK = np.eye(4, 6, dtype=np.bool_)


def ask(page: AppTest, name: str, **other: Any) -> AppTest:
    runs = base64.b64encode(encode_runs(MASK)).decode()
    asked = {"id": name, "click": "add", "at": [3, 2], "runs": runs, "clear_skin": None, **other}
    page.session_state["case.relay"] = {"asked": asked}
    return page.run()


def questions(page: AppTest) -> list[Any]:
    state = page.session_state  # has no get
    return state["asked"] if "asked" in state else []  # noqa: SIM401


def test_a_click_is_answered_once_and_exactly() -> None:
    page = AppTest.from_function(_page, default_timeout=60).run()
    ask(page, "first")
    [question] = questions(ask(page, "first"))
    assert (question.click, question.at, question.clear_skin) == ("add", (3, 2), None)
    assert np.array_equal(question.mask, MASK)
    answer = page.session_state["case.answer"]
    [part] = answer["parts"]
    assert (answer["id"], part["value"], part["box"]) == ("first", 1, [2, 1, 3, 2])
    assert decode_runs(base64.b64decode(part["runs"]), (2, 3)).all()
    ask(page, "second", click="clear", clear_skin=[5, 1])
    assert [question.clear_skin for question in questions(page)] == [None, (5, 1)]
    assert not page.exception


def test_what_is_no_click_is_not_answered() -> None:
    page = AppTest.from_function(_page, default_timeout=60).run()
    for number, other in enumerate(({"at": [3]}, {"at": "here"}, {"click": "all"}, {"runs": 5})):
        ask(page, str(number), **other)
    assert not questions(page)
    assert not page.exception
