"""The pages of LesionScope, in the order of a clinic day."""

import logging

import streamlit as st

from lesionscope import logs
from lesionscope.pages import ahead, frame, own_password, session, session_watch, sign_in

logs.configure()
log = logging.getLogger("lesionscope.pages")
st.set_page_config(
    page_title="LesionScope", page_icon=frame.ICON, layout="wide", initial_sidebar_state=250
)
with session.guard():
    reader = session.signed_in()
    must_change = reader is not None and session.store().must_change_password(reader)
    listed = reader is not None and not must_change
    # Expanded: nobody looks for a page under "View more".
    page = st.navigation(
        frame.pages(reader), position="sidebar" if listed else "hidden", expanded=True
    )
    body, foot = st.container(), st.container()
    with foot:  # after the navigation: the tab may answer at once, and must know its page by then
        tab_has_answered = session.keep_in_tab()
        st.caption("LesionScope · Research tool, not a medical device.")
    with body, session.guard():
        if not tab_has_answered:
            st.caption("Opening the record …")
        elif reader is None:
            sign_in.show()
        elif must_change:
            own_password.show_due(reader)
        else:
            session_watch.watch_session()
            frame.sidebar(reader)
            session.show_notices()
            try:
                with logs.timed(log, "page", page=page.title):
                    page.run()
            finally:
                ahead.prepare_open_visit(reader)
