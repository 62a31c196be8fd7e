"""The form of a blinded case: keyboard first, told to the server at once, kept through a reload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from lesionscope.core.case import BlindCase
from lesionscope.core.cdasi import FormItem, site_label

_HERE = Path(__file__)
_AREA_HELP = (
    "Body surface: the share of the whole body that is involved in what these photos show. The "
    "patient's palm with fingers is about 1 %."
)

_FORM = st.components.v2.component(
    "lesionscope_case_form",
    html='<div class="form"></div>\n',
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def case_form(
    case: BlindCase, draft: dict[str, Any], *, locked: bool, on_change: Callable[[], None], key: str
) -> None:
    """Show the form of a case.

    Parameters
    ----------
    case : BlindCase
        What is asked.
    draft : dict
        What the record holds of it: ``scores`` by side, ``note``, and ``at``, the time of the
        browser that entered it.
    locked : bool
        Whether it can only be read.
    on_change : callable
        Called when something was entered; it then lies in ``st.session_state[key]``.
    key : str
        Key of the component in the session state.
    """
    _FORM(
        key=key,
        data={
            "code": case.line.code,
            "panes": list(case.panes),
            "items": [_item(case, item) for item in case.items],
            "point": case.point,
            "ask_bsa": case.ask_bsa,
            "area_help": _AREA_HELP,
            "draft": draft,
            "locked": locked,
        },
        height="content",
        on_entered_change=on_change,
    )


def item_label(case: BlindCase, item: FormItem) -> str:
    """Return the label of an item; without the site where the campaign withholds it.

    Where the sites are withheld, an item of the hands is named as any other: "Gottron's, hands"
    would tell.
    """
    _, _, plain = item.label.rpartition(": ")
    return plain.capitalize() if case.hide_location else item.label


def item_name(case: BlindCase, item: FormItem) -> str:
    """Return what the browser knows an item by: its key, or its number where the key would tell."""
    return str(case.items.index(item)) if case.hide_location else item.key


def _item(case: BlindCase, item: FormItem) -> dict[str, Any]:
    several = len({one.site for one in case.items}) > 1
    place = "" if case.hide_location and not several else site_label(item)
    if case.hide_location and several:
        sites = list(dict.fromkeys(one.site for one in case.items))
        place = f"Area {sites.index(item.site) + 1}"
    return {
        "key": item_name(case, item),
        "place": place,
        "label": item_label(case, item),
        "levels": list(item.levels),
        "help": "" if case.hide_location and item.label != item_label(case, item) else item.help,
    }
