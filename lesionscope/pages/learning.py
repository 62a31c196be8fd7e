"""Learning: how often suggestions are overridden, and what signed readings would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.people import Act, Reader, may
from lesionscope.pages import frame, session
from lesionscope.scoring.drift import Drift, drift_by_tone, drift_by_version
from lesionscope.scoring.recalibration import learn
from lesionscope.store.learning import Adopted
from lesionscope.store.store import Store


def adopt(store: Store, reader: Reader, document: dict[str, Any]) -> None:
    """Use what was learnt for every later suggestion."""
    store.adopt_recalibration(reader, document)


def give_up(store: Store, reader: Reader) -> None:
    """Suggest again as the network itself does."""
    store.give_up_recalibration(reader, st.session_state.get("give_up_reason", ""))


def show_drift(title: str, rows: Sequence[Drift], group: str) -> None:
    """Show one table of overridden suggestions."""
    st.markdown(f"**{title}**")
    st.dataframe(
        [
            {
                "Item": row.item.value,
                group: row.group.replace("_", " "),
                "Suggestions seen": row.shown,
                "Overridden": row.overridden,
                "Share": _share(row),
                "Answer less suggestion, levels": round(row.mean_shift, 2),
            }
            for row in rows
        ],
        hide_index=True,
        width="stretch",
    )


def _share(row: Drift) -> str:
    if row.share is None or row.interval is None:
        return "none seen"
    low, high = row.interval
    return f"{row.share:.0%} ({low:.0%} to {high:.0%})"


def show_learnt(reader: Reader, document: dict[str, Any]) -> None:
    """Show what signed readings would change, and offer to adopt it."""
    st.dataframe(
        [
            {
                "Item": item,
                "Answers": part["answers"],
                "Patients": part["patients"],
                "Slope": part["slope"],
                "Shift": part["shift"],
                "Log loss, now": part["loss_before"],
                "Log loss, adjusted": part["loss_after"],
                "Exact, now": part["exact_before"],
                "Exact, adjusted": part["exact_after"],
                "Not usable because": part["refusal"] or "–",
            }
            for item, part in document["items"].items()
        ],
        hide_index=True,
        width="stretch",
    )
    st.caption(
        "Judged on patients left out in turn. A slope below 1 makes suggestions less sure, a shift "
        "above 0 moves them up. Readers who saw a suggestion lean towards it: "
        f"{document['unseen']} of {document['answers']} answers were given without one."
    )
    usable = any(not part["refusal"] for part in document["items"].values())
    if usable and may(reader.role, Act.SET_PROTOCOL):
        st.button(
            "Adopt for later suggestions",
            type="primary",
            icon=":material/tune:",
            on_click=session.attempt,
            args=(adopt, document),
        )
    elif not usable:
        st.caption("Nothing here may be adopted yet; suggestions stay as the network makes them.")


def show_adopted(reader: Reader, adopted: Adopted | None, earlier: Sequence[Adopted]) -> None:
    """Show the recalibration in use, those before it, and the way back."""
    if adopted is None:
        st.caption("In use: the network as it is.")
    else:
        st.markdown(
            f":material/tune: In use: **{adopted.name}** on {adopted.model_version}, adopted by "
            f"{adopted.adopted_by} on {frame.day_name(adopted.adopted_at.date())}."
        )
        if adopted.model_version != session.network().version:
            st.warning(
                "It belongs to another network than the one in use, so it is not applied.",
                icon=":material/info:",
            )
        if may(reader.role, Act.SET_PROTOCOL):
            with st.form("give_up", width=520):
                st.text_input("Reason to give it up", key="give_up_reason")
                st.form_submit_button(
                    "Suggest as the network does", on_click=session.attempt, args=(give_up,)
                )
    if earlier:
        names = ", ".join(f"{e.name} ({frame.day_name(e.adopted_at.date())})" for e in earlier)
        st.caption(f"Adopted so far: {names}. Each stands whole in the audit trail.")


def show_all(reader: Reader, answers: Sequence[ConfirmedAnswer]) -> None:
    """Show drift, then what was learnt."""
    store = session.store()
    earlier = store.recalibrations(reader)
    show_adopted(reader, store.recalibration(), earlier)
    if not answers:
        st.info(
            "No signed reading rests on a suggestion yet. Once visits are scored and signed, this "
            "page shows how often suggestions are overridden.",
            icon=":material/school:",
        )
        return
    st.subheader("How suggestions fare")
    show_drift("By skin tone", drift_by_tone(answers), "Skin tone")
    show_drift("By model version", drift_by_version(answers), "Model version")
    st.subheader("What signed readings would change")
    by_name = {each.name: each.adjustments for each in earlier}
    show_learnt(reader, learn(answers, session.network().version, by_name))


reader = session.reader_here()
session.require(reader, Act.READ_RECORD)
frame.heading("Learning")
show_all(reader, session.store().confirmed_answers(reader))
