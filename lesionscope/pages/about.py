"""About: what this is and is not, versions, and where the data lies."""

from __future__ import annotations

import streamlit as st

from lesionscope import __version__
from lesionscope.pages import frame, session
from lesionscope.places import data_home

session.reader_here()
frame.heading("About")
st.markdown(
    """
LesionScope measures cutaneous dermatomyositis in standardized clinical photos: lesion outlines,
involved body surface (BSA) with a 90 % interval, and suggested CDASI sub-scores. The clinician
corrects, confirms and signs; nothing counts before that.

**It is a research tool, not a medical device.** It makes no diagnosis and recommends no treatment.

- BSA needs the patient's open hand or the printed 20 mm marker in the photo, on the plane of the
  lesion. Protocol: one handprint is 1 %. Adjusted: 0.87 % (0.67 to 1.07), after Rhodes 2013.
- A photo cannot show what is felt (calcinosis, papules), reported (hair loss) or magnified
  (nail-fold capillaries). Those fields are never suggested.
- Skin that nobody photographed is not clear skin: the summary names the locations not seen.
- A blank field is not a zero, and an incomplete form has no total. Activity (0 to 100) and damage
  (0 to 32) are two scores.
- CDASI is the University of Pennsylvania's instrument; its use in a trial may need a licence.
"""
)
st.table(
    {
        "Software": __version__,
        "Network": session.grader().version,
        "Data folder": str(data_home()),
    },
    border="horizontal",
)
st.page_link(
    session.page_file("models"),
    label="Model cards: what the networks saw, and where they fail",
    icon=":material/fact_check:",
)
