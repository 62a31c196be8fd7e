"""What a measuring process is asked about a photo, as plain values and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lesionscope.core.body import BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.core.sites import Site
from lesionscope.pipeline import Method


@dataclass(frozen=True)
class Task:
    """How to measure a photo.

    Attributes
    ----------
    name : str
        File name, for people only.
    site : Site
        The body site that the photo was taken for.
    marker_mm : float
        Side of the printed marker, mm.
    method : Method
        What marks skin and lesions.
    body : PatientBody or None
        Size and own hand of the patient.
    hand_at : tuple of float or None
        (x, y) pixel of the hand chosen as the ruler.
    """

    name: str = ""
    site: Site = Site.OTHER
    marker_mm: float = 20.0
    method: Method = Method.NETWORK
    body: PatientBody | None = None
    hand_at: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not self.marker_mm > 0:
            raise ValueError(f"marker_mm must be positive, got {self.marker_mm}")

    def head(self) -> dict[str, Any]:
        """Return the task as plain values that JSON can hold."""
        return {
            "name": self.name.encode(errors="replace").decode(),
            "site": self.site.value,
            "marker_mm": float(self.marker_mm),
            "method": self.method.value,
            "body": _body_part(self.body),
            "hand_at": None if self.hand_at is None else [float(at) for at in self.hand_at],
        }


def task_from(head: Mapping[str, Any]) -> Task:
    """Read a task back from `Task.head`."""
    at = head["hand_at"]
    return Task(
        name=head["name"],
        site=Site(head["site"]),
        marker_mm=head["marker_mm"],
        method=Method(head["method"]),
        body=_body_from(head["body"]),
        hand_at=None if at is None else (at[0], at[1]),
    )


def _body_part(body: PatientBody | None) -> dict[str, Any] | None:
    if body is None:
        return None
    size, hand = body.size, body.handprint
    return {
        "size": None if size is None else [size.height_cm, size.weight_kg, size.sex],
        "hand": None if hand is None else [hand.cm2, hand.sd_of_log, hand.photo_sha256],
    }


def _body_from(part: Mapping[str, Any] | None) -> PatientBody | None:
    if part is None:
        return None
    size, hand = part["size"], part["hand"]
    known = None
    if size is not None:
        height_cm, weight_kg, sex = size
        known = BodySize(height_cm, weight_kg, None if sex is None else Sex(sex))
    return PatientBody(known, None if hand is None else OwnHandprint(*hand))
