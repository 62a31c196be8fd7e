"""The protocol of the study: what it says and leaves open, and the form to set another."""

from __future__ import annotations

import difflib
from itertools import pairwise

import streamlit as st

from lesionscope.core.people import Act, Reader, may
from lesionscope.core.protocol import Protocol
from lesionscope.core.study import Sourced
from lesionscope.exchange.protocol_file import (
    protocol_from,
    protocol_sha256,
    shipped_document,
    shipped_protocols,
)
from lesionscope.exchange.protocol_text import protocol_text
from lesionscope.exchange.yaml_root import Fault, FaultyFile
from lesionscope.pages import session
from lesionscope.store.store import Store
from lesionscope.store.study_entries import StoredProtocol

_SHIPPED, _FILE = "Shipped example", "A file"


def set_protocol(store: Store, reader: Reader, document: bytes, supersedes: int | None) -> None:
    """Set the protocol that is shown, for the reason typed beside it."""
    reason = st.session_state.get("protocol_reason", "")
    stored = store.set_protocol(reader, document, supersedes=supersedes, reason=reason)
    session.say(f"{stored.study_id} is the protocol of this study now.", "check_circle")


def show_current(stored: StoredProtocol, protocol: Protocol) -> None:
    """Show the protocol that counts: who set it, what is open, and what it fixes."""
    st.subheader(f"{protocol.id}: {protocol.title}", anchor=False)
    st.caption(
        f"{protocol.version}  \nSet by {stored.set_by}, {stored.set_at:%d %b %Y %H:%M} UTC"
        + (f", because: {stored.reason}" if stored.reason else "")
        + f" · file sha256 {stored.document_sha256[:16]}…"
    )
    show_open(protocol)
    show_visits(protocol)
    show_rules(protocol)
    show_settings(protocol)
    with st.expander("Sources", icon=":material/menu_book:"):
        for source in protocol.sources:
            st.markdown(f"**{source.id}** · {source.certainty.value}  \n:small[{source.text}]")
    st.download_button(
        "Protocol (YAML)",
        stored.document.encode(),
        f"{stored.study_id}.yaml",
        "application/yaml",
        icon=":material/download:",
        on_click="ignore",
    )


def show_open(protocol: Protocol) -> None:
    """Show what the text leaves open, and what the software does until it is settled."""
    if not protocol.open_questions:
        return
    count = len(protocol.open_questions)
    with st.expander(f"What the protocol text leaves open: {count}", icon=":material/help:"):
        for question in protocol.open_questions:
            st.markdown(
                f"`{question.about}` {question.question}  \n"
                f":small[:gray[Until settled: {question.until_settled}]]"
            )


def show_visits(protocol: Protocol) -> None:
    """Show the schedule with windows, photographs and instruments."""
    st.dataframe(
        [
            {
                "Visit": visit.label,
                "Day": visit.day,
                "Window": f"{visit.first_day} to {visit.last_day}",
                "Photographs": len(shots.shots) if shots else 0,
                "Scored": ", ".join(visit.instruments),
                "Source": protocol.source_named(visit.source).certainty.value,
            }
            for visit in protocol.visits
            for shots in [protocol.shot_list_of(visit)]
        ],
        hide_index=True,
        width="stretch",
    )


def show_rules(protocol: Protocol) -> None:
    """Show eligibility, response and discordance rules in words."""
    with st.expander("Rules", icon=":material/rule:"):
        for criterion in protocol.eligibility:
            certainty = protocol.source_named(criterion.source).certainty.value
            st.markdown(f"**{criterion.id}** {criterion.wording()} :small[:gray[{certainty}]]")
        for check in protocol.person_checks:
            st.markdown(f"**{check.id}** {check.text} :small[:gray[answered by a person]]")
        if not protocol.response:
            st.caption("No rule says who is a responder.")
        for rule in protocol.discordance:
            limits = [f"differ by {rule.difference}"] if rule.difference else []
            limits += [f"by {rule.relative_percent} %"] if rule.relative_percent else []
            limits += ["fall on opposite sides of eligibility"] if rule.opposite_sides else []
            st.markdown(
                f"**{rule.id}** two readings of {rule.quantity.value} {' and '.join(limits)} "
                ":small[:gray[settled by a third person]]"
            )


def show_settings(protocol: Protocol) -> None:
    """Show every sourced value with its source; an open one says so."""
    rows = []
    for path, part in protocol.parts().items():
        if isinstance(part, Sourced):
            value = part.value
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            rows.append(
                {
                    "Setting": path,
                    "Value": "open" if value is None else f"{shown}" or "none",
                    "Source": protocol.source_named(part.source).certainty.value,
                    "Note": part.note,
                }
            )
    rows += [
        {
            "Setting": f"settings.errors, {one.instrument}.{one.score}",
            "Value": f"standard error {one.sem:g} points",
            "Source": protocol.source_named(one.source).certainty.value,
            "Note": "",
        }
        for one in protocol.settings.errors
    ]
    with st.expander("Settings and limits", icon=":material/tune:"):
        st.dataframe(rows, hide_index=True, width="stretch")


def show_earlier(earlier: list[StoredProtocol]) -> None:
    """Show the protocols that a later one replaced, each with what changed."""
    for old, new in pairwise(earlier):
        with st.expander(f"Superseded: {old.study_id}, set {old.set_at:%d %b %Y} by {old.set_by}"):
            st.caption(f"Replaced because: {new.reason}")
            st.code(difference(old.document, new.document), language="diff")


def show_setting_form(reader: Reader, current: StoredProtocol | None) -> None:
    """Let a file be chosen; show its faults with their lines, or what it would change."""
    if not may(reader.role, Act.SET_PROTOCOL):
        st.caption("The owner or the data manager sets the protocol.")
        return
    st.subheader("Set the protocol" if current is None else "Set another protocol", anchor=False)
    document = _chosen_document()
    if document is None:
        return
    try:
        protocol = protocol_from(document)
    except FaultyFile as refusal:
        show_faults(document, refusal.faults)
        return
    if current is not None and current.content_sha256 == protocol_sha256(protocol):
        st.caption("This is the protocol that counts now.")
        return
    _show_confirmation(document, protocol, current)


def _chosen_document() -> bytes | None:
    origin = st.segmented_control(
        "From", [_SHIPPED, _FILE], default=_SHIPPED, required=True, key="protocol_origin"
    )
    if origin == _FILE:
        file = st.file_uploader("Protocol file", type=["yaml", "yml"], key="protocol_file")
        return file.getvalue() if file else None
    name = st.selectbox(
        "Example", shipped_protocols(), format_func=str.upper, key="protocol_shipped"
    )
    document = shipped_document(name)
    st.download_button(
        "This example as a file, to start your own",
        document,
        f"{name}.yaml",
        "application/yaml",
        icon=":material/download:",
        on_click="ignore",
    )
    return document


def show_faults(document: bytes, faults: tuple[Fault, ...]) -> None:
    """Name every fault of a file with its line, its place and what was needed."""
    count = len(faults)
    st.error(
        f"The file was refused: {count} fault{'s' * (count != 1)}. Mend them and choose it again.",
        icon=":material/block:",
    )
    lines = document.decode("utf-8", "replace").splitlines()
    rows = [
        {
            "Line": f"{fault.line}",
            "Place": _code(fault.path) or "the file",
            "What is wrong": fault.reason,
            "The line": _code(lines[fault.line - 1]) if fault.line <= len(lines) else "",
        }
        for fault in faults
    ]
    st.table(rows, border="horizontal")


def _code(text: str) -> str:
    """Write text of a file so that nothing in it is taken for markup."""
    plain = text.replace("`", "'").strip()
    return f"`{plain}`" if plain else ""


def _show_confirmation(document: bytes, protocol: Protocol, current: StoredProtocol | None) -> None:
    with st.container(border=True):
        st.markdown(f"**{protocol.id}**: {protocol.title}")
        shots = sum(len(shots.shots) for shots in protocol.shot_lists)
        st.caption(
            f"{len(protocol.visits)} visits, {shots} photographs on the lists, "
            f"{len(protocol.eligibility)} criteria on values, {len(protocol.person_checks)} for a "
            f"person, {len(protocol.open_questions)} questions that its text leaves open."
        )
        if current is not None:
            with st.expander("What changes", icon=":material/difference:"):
                before = protocol_text(protocol_from(current.document.encode()))
                st.code(difference(before, protocol_text(protocol)), language="diff")
            st.text_input("Reason for the change", key="protocol_reason")
        st.button(
            "Set as the protocol of this study",
            type="primary",
            icon=":material/task_alt:",
            on_click=session.attempt,
            args=(set_protocol, document, current.id if current else None),
        )


def difference(before: str, after: str) -> str:
    """Return the lines that two texts do not share, with - and +, and one line around them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
