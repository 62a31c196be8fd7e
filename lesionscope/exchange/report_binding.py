"""A report bound to a PDF: its pages laid out, each with head, foot and number."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from lesionscope.exchange.report_sheet import Sheet, furniture


@dataclass(frozen=True)
class Binding:
    """What a report says of itself on every page and in the file.

    Attributes
    ----------
    kind : str
        Left end of the head, such as ``"LesionScope visit report"``.
    title : str
        Title of the file.
    head, foot : str
        Right end of the head, middle of the foot.
    as_of : datetime
        The newest of what it holds; stands in the file as the time it was made.
    software : str
        Version.
    author : str
        Who signed; empty where nobody did.
    draft : bool
        Whether every page is marked as a draft.
    """

    kind: str
    title: str
    head: str
    foot: str
    as_of: datetime
    software: str
    author: str = ""
    draft: bool = False


def bound(binding: Binding, sheet: Sheet, story: Callable[[], list[Any]]) -> bytes:
    """Lay a report out on pages.

    Parameters
    ----------
    binding : Binding
        What stands on every page.
    sheet : Sheet
        Measures of the page.
    story : callable
        Returns the parts of the report, new ones each time: laying out uses them up.

    Returns
    -------
    bytes
        A PDF; the same content gives the same bytes.
    """
    # Laid out twice: the foot of the first page says how many there are.
    _, pages = _laid_out(binding, sheet, story(), 0)
    return _laid_out(binding, sheet, story(), pages)[0]


def _laid_out(binding: Binding, sheet: Sheet, story: list[Any], pages: int) -> tuple[bytes, int]:
    buffer = io.BytesIO()
    made = f"{binding.as_of.astimezone(UTC):D:%Y%m%d%H%M%S}+00'00'"
    document = BaseDocTemplate(
        buffer,
        pagesize=(sheet.width, sheet.height),
        title=f"DRAFT {binding.title}" if binding.draft else binding.title,
        author=binding.author,
        subject="Research tool, not a medical device.",
        creator=f"LesionScope {binding.software}",
        lang="en",
        invariant=1,
    )

    def decorate(canvas: Canvas, _document: BaseDocTemplate) -> None:
        canvas.setDateFormatter(lambda *_now: made)
        said = binding.head, binding.foot, pages
        furniture(canvas, sheet, said, draft=binding.draft, title=binding.kind)

    frame = Frame(sheet.margin, sheet.foot, sheet.wide, sheet.tall, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate("page", [frame], onPage=decorate))
    document.build(story)
    return buffer.getvalue(), int(document.page)
