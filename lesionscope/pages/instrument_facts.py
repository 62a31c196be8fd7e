"""What an instrument is, on the pages: its glossary, its sources, and how sure each fact is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

import streamlit as st

from lesionscope.core.evidence import Certainty, Citation
from lesionscope.core.field import Field, Levels
from lesionscope.core.instrument import Instrument, ScoreRule

_MARKS = {
    Certainty.UNVERIFIED: ":orange-badge[not verified]",
    Certainty.PROPOSAL: ":orange-badge[this project's proposal]",
    Certainty.NOT_FOUND: ":gray-badge[not found]",
    Certainty.STUDY: ":blue-badge[set by the study]",
}


def mark(certainty: Certainty) -> str:
    """Return the mark beside a fact that nobody should take for read; empty for one that was.

    Examples
    --------
    >>> mark(Certainty.UNVERIFIED), mark(Certainty.READ)
    (':orange-badge[not verified]', '')
    """
    return _MARKS.get(certainty, "")


def scale_words(field: Field) -> str:
    """Write what may be answered, every level with its meaning.

    Examples
    --------
    >>> scale_words(Field("a", "A", Levels(("none", "slight"))))
    '0 none · 1 slight'
    """
    if isinstance(field.scale, Levels):
        return " · ".join(f"{level} {name}" for level, name in enumerate(field.scale.names))
    return field.scale.describe()


def show_glossary(fields: Iterable[Field]) -> None:
    """Show what to look for, item by item; items that read alike are shown once."""
    told: list[tuple[str, ...]] = []
    for field in fields:
        row = (field.label, scale_words(field), field.help, mark(field.certainty))
        if row not in told:
            told.append(row)
    for (words, help_text, sure), rows in groupby(told, key=lambda row: row[1:]):
        labels = ", ".join(row[0] for row in rows)
        st.markdown(f"**{labels}** {sure}  \n{words}  \n{help_text}")


def show_sources(instrument: Instrument, adopted: Collection[str] = ()) -> None:
    """Show where an instrument stands, what its totals mean by which source, and what is known.

    Parameters
    ----------
    instrument : Instrument
        On the settings of the study.
    adopted : collection of str
        Ids of the unverified bands that the study uses.
    """
    st.markdown(f"**Source**: {instrument.citation}")
    if instrument.recall:
        st.markdown(f"**Time that the answers cover**: {instrument.recall}")
    for (basis, plain), rules in groupby(instrument.scores, lambda r: (_basis_of(r), _plain(r))):
        if plain:
            st.markdown(f"{'; '.join(_range_words(rule) for rule in rules)} {basis}")
            continue
        for rule in rules:
            _show_rule(rule, adopted)
    if instrument.facts:
        st.markdown("**What is known of it**")
        st.markdown(
            "\n".join(
                f"- {fact.statement} {_basis(fact.certainty, fact.citation)}"
                for fact in instrument.facts
            )
        )


def _basis(certainty: Certainty, citation: Citation | None) -> str:
    said = mark(certainty) or f"[{certainty.value}]"
    return f"{said} {citation}" if citation else said


def _plain(rule: ScoreRule) -> bool:
    return not (rule.bands or rule.important)


def _basis_of(rule: ScoreRule) -> str:
    return _basis(rule.certainty, rule.citation)


def _range_words(rule: ScoreRule) -> str:
    fields = f"{len(rule.keys)} field{'s' * (len(rule.keys) != 1)}"
    return f"**{rule.label}**, {rule.low:g} to {rule.high:g}, {fields}"


def _show_rule(rule: ScoreRule, adopted: Collection[str]) -> None:
    lines = [f"{_range_words(rule)} {_basis_of(rule)}"]
    for scheme in rule.bands:
        unused = "" if scheme.applies(adopted) else " (shown only where the study adopts it)"
        note = f" {scheme.note}" if scheme.note else ""
        lines.append(
            f"- Bands, {scheme.name}{unused}:{note} {_basis(scheme.certainty, scheme.citation)}"
        )
    for change in rule.important:
        anchor = f", {change.anchor}" if change.anchor else ""
        lines.append(
            f"- Smallest important change: {change.points:g} ({change.name}{anchor}) "
            f"{_basis(change.certainty, change.citation)}"
        )
    st.markdown(lines[0] + "\n" + "\n".join(lines[1:]))


def show_rights(instruments: Sequence[Instrument]) -> None:
    """Say whose instruments these are, and what their use may need."""
    for instrument in instruments:
        if instrument.rights:
            st.caption(f":material/copyright: {instrument.rights}")
