from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.runtime.state import SafeSessionState, SessionState

from lesionscope.pages import uninterrupted as module
from lesionscope.pages.uninterrupted import uninterrupted


class NextClick(BaseException):
    """What Streamlit raises where a script may stop for the next click."""


def click() -> None:
    raise NextClick


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> SafeSessionState:
    """A session state in which the next click waits."""
    held = SafeSessionState(SessionState(), click)
    context = SimpleNamespace(session_state=held)
    monkeypatch.setattr(module, "get_script_run_ctx", lambda **_: context)
    return held


def test_the_next_click_stops_an_act_that_is_not_held(state: SafeSessionState) -> None:
    with pytest.raises(NextClick):
        state["answer"] = 1


def test_an_act_that_is_held_is_done_to_its_end(state: SafeSessionState) -> None:
    with uninterrupted():
        state["answer"] = 1
        assert state["answer"] == 1
    with pytest.raises(NextClick):
        state["answer"]


def test_after_a_failed_act_the_next_click_is_looked_for_again(state: SafeSessionState) -> None:
    with pytest.raises(ValueError, match="refused"), uninterrupted():
        raise ValueError("refused")
    with pytest.raises(NextClick):
        state["answer"] = 1


def test_outside_of_a_script_nothing_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "get_script_run_ctx", lambda **_: None)
    with uninterrupted():
        pass
