"""Scores of a visit that came in from a file, apart from what was signed here."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.catalogue import instruments
from lesionscope.core.people import Reader
from lesionscope.store.store import Store


def show_imported(store: Store, reader: Reader, visit_id: int) -> None:
    """List the imported scores of a visit, if it has any."""
    found = store.imported_scores(reader, visit_id)
    if not found:
        return
    known = instruments(store.instrument_settings(reader))
    with st.expander(f"Imported scores ({len(found)})", icon=":material/swap_vert:"):
        st.caption("Scored and signed elsewhere, brought in from a file. They are no reading.")
        st.dataframe(
            [
                {
                    "Instrument": known[one.instrument].name
                    if one.instrument in known
                    else one.instrument,
                    "Item": one.item,
                    "Value": str(one.value),
                    "Scored by": one.rater,
                }
                for one in found
            ],
            hide_index=True,
            width="stretch",
            key="imported_scores",
        )
