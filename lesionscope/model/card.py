"""The model card: what the network saw, how well it does, and whether it is the file named."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from lesionscope import places
from lesionscope.model.runtime import NETWORK_NAME

_FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
_HASH = re.compile(r"sha256: `([0-9a-f]{64})`")


@dataclass(frozen=True)
class ModelCard:
    """The card of the shipped network.

    Attributes
    ----------
    text : str
        Markdown.
    stated_sha256 : str or None
        The hash that the card names.
    sha256 : str
        The hash of the network beside it.
    """

    text: str
    stated_sha256: str | None
    sha256: str

    @property
    def matches(self) -> bool:
        """Whether the card speaks of the network beside it."""
        return self.stated_sha256 == self.sha256

    @classmethod
    def load(cls, folder: Path | None = None) -> ModelCard:
        """Read the card and hash the network of a folder, by default the shipped one.

        Raises
        ------
        FileNotFoundError
            If either file is missing.
        """
        folder = folder or places.models_folder()
        text = (folder / f"{NETWORK_NAME}.md").read_text(encoding="utf-8")
        data = (folder / f"{NETWORK_NAME}.onnx").read_bytes()
        stated = _HASH.search(text)
        return cls(text, stated.group(1) if stated else None, hashlib.sha256(data).hexdigest())


def with_figures(card: ModelCard, figures: str) -> str:
    """Return the card's text with new figures and the hash of the network they belong to.

    Parameters
    ----------
    card : ModelCard
        The card as it stands.
    figures : str
        Markdown.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the card has no place for figures or for the hash.
    """
    if not _FIGURES.search(card.text) or not _HASH.search(card.text):
        raise ValueError("the card must hold the marks of its figures and a line sha256: `...`")
    text = _FIGURES.sub(lambda m: f"{m.group(1)}{figures.rstrip()}\n{m.group(2)}", card.text)
    return _HASH.sub(f"sha256: `{card.sha256}`", text)


def with_hash(card: ModelCard, note: str) -> str:
    """Return the card's text with the hash of the network beside it, and a note under the hash.

    Parameters
    ----------
    card : ModelCard
        The card of the network that this one came from.
    note : str
        Markdown: what differs.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the card has no place for the hash.
    """
    if not _HASH.search(card.text):
        raise ValueError("the card must hold a line sha256: `...`")
    return _HASH.sub(f"sha256: `{card.sha256}`\n\n{note}", card.text, count=1)
