"""What pages compute from the record and keep, so that nobody waits for it twice.

Two places keep it: the memory of the server, and the shelf beside the vault, which outlives it.
Whoever asks holds the entry of the record that it is made from, and the record hands that only to
those who may see it; so nothing here asks for a right, and nothing here is found by an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from lesionscope.places import data_home
from lesionscope.store.shelf import Shelf

Files = dict[str, bytes]


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """Open the shelf of this installation, once for all readers."""
    return Shelf(data_home() / "computed")


def kept(made_from: Mapping[str, Any], make: Callable[[], Files]) -> Files:
    """Return a bundle from the shelf, made and put there where it is asked for first.

    Parameters
    ----------
    made_from : mapping of str to object
        Plain JSON: what it is, digests of what it is made from, its edition.
    make : callable
        Makes the files of the bundle.

    Returns
    -------
    dict of str to bytes
    """
    key = Shelf.key(made_from)
    files = shelf().get(key)
    if files is None:
        files = make()
        shelf().put(key, files)
    return files
