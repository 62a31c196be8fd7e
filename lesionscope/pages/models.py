"""Model cards: what each network saw, how well it does, where it fails, and which file runs."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from lesionscope.model.cards import NetworkCard, network_cards
from lesionscope.pages import frame, session

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_HEADING = re.compile(r"^(#{1,4} )", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")


def readable(text: str) -> str:
    """Fit a card into a page: headings one step down, no comments, no links to files."""
    return _LINK.sub(r"**\1**", _HEADING.sub(r"##\1", _COMMENT.sub("", text)))


def show_files(cards: tuple[NetworkCard, ...]) -> None:
    """Show which files run, and warn of one that is not the published one."""
    files = [(card, file) for card in cards for file in card.files]
    st.dataframe(
        [
            {
                "Network": card.title.split(":")[0],
                "Version, as measurements carry it": file.version,
                "As published": "yes" if file.as_published else "no",
                "SHA-256": file.sha256,
            }
            for card, file in files
        ],
        hide_index=True,
        width="stretch",
    )
    other = [file.name for _, file in files if not file.as_published]
    if other:
        st.warning(
            f"Not the published file: {', '.join(other)}. The figures below speak of another "
            "network. If nobody here trained it, install LesionScope again.",
            icon=":material/warning:",
        )


def show_card(card: NetworkCard) -> None:
    """Show one card with its pictures."""
    st.markdown(f"### {card.title}")
    st.markdown(readable(card.text))
    for picture, caption in card.pictures:
        st.image(str(picture), caption=caption)


session.reader_here()
frame.heading("Model cards")
st.markdown(
    "Skin, lesions, their grades and the ruler hand are found by networks. None of ours has seen "
    "a photo of dermatomyositis. What they suggest counts only once a clinician has confirmed and "
    "signed it."
)
try:
    cards = network_cards()
except FileNotFoundError as missing:
    st.warning(
        f"The folder of networks in use has no {Path(missing.filename).name}, so nothing can be "
        "said of what runs here. Lay the card beside its network, or install LesionScope again.",
        icon=":material/warning:",
    )
    st.stop()
show_files(cards)
for tab, card in zip(st.tabs([card.title.split(":")[0] for card in cards]), cards, strict=True):
    with tab:
        show_card(card)
