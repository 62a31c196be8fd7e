"""What a visit report says, before anything of it is laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from lesionscope.core.body import BodySize
from lesionscope.core.catalogue import InstrumentSettings
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.people import Patient, Visit
from lesionscope.core.photo import CaptureFinding
from lesionscope.core.reading import Reading
from lesionscope.core.signature import Countersignature
from lesionscope.core.sites import Side, Site
from lesionscope.scoring.visit_total import VisitBsa


@dataclass(frozen=True, eq=False)
class ReportPhoto:
    """One photo of the visit as the report shows it.

    Attributes
    ----------
    name : str
        File name as given.
    site, side : Site, Side
        Skin that it was taken for.
    sha256 : str
        Of the original bytes.
    picture : bytes
        JPEG for the page, with the outlines drawn where it was measured.
    measurement_id : int or None
        The measurement shown; None where there is none.
    drawn_by : str
        Software version, or the reader who corrected the outline.
    software_version, model_version : str
        What made the measurement.
    bsa : BsaEstimate or None
        Of this photo alone, protocol convention; None where not measurable.
    lesions : int
        Number of outlined lesions.
    findings : tuple of CaptureFinding
        What limits the measurement.
    """

    name: str
    site: Site
    side: Side
    sha256: str
    picture: bytes
    measurement_id: int | None = None
    drawn_by: str = ""
    software_version: str = ""
    model_version: str = ""
    bsa: BsaEstimate | None = None
    lesions: int = 0
    findings: tuple[CaptureFinding, ...] = ()


@dataclass(frozen=True, eq=False)
class TrendPoint:
    """One visit of the patient in the drawn trend.

    Attributes
    ----------
    day : date
        Of the visit.
    label : str
        Of the visit.
    signed : bool
        Whether its values are signed; an unsigned visit has no totals.
    activity, damage : int or None
        CDASI totals; None where the form has none.
    bsa : BsaEstimate or None
        Protocol convention.
    """

    day: date
    label: str
    signed: bool
    activity: int | None = None
    damage: int | None = None
    bsa: BsaEstimate | None = None

    def __post_init__(self) -> None:
        if not self.signed and (self.activity is not None or self.damage is not None):
            raise ValueError(f"the visit of {self.day} is not signed: it has no CDASI total")


@dataclass(frozen=True, eq=False)
class VisitReport:
    """What a visit report says.

    Attributes
    ----------
    patient, visit : Patient, Visit
        Whose visit, and which.
    as_of : datetime
        Time of the newest thing reported, with its time zone: the signature, or before it the
        newest measurement.
    software_version : str
        Version that reports.
    photos : tuple of ReportPhoto
        In the order they came.
    areas : mapping of Convention to VisitBsa
        Body surface of the visit under each convention that could be computed.
    reading : Reading or None
        The signed reading; None makes the report a draft.
    countersignatures : tuple of Countersignature
        Reviews and approvals of the reading, oldest first.
    baseline : tuple of (Visit, Reading), or None
        The visit that changes are told against; None at the baseline and before it, and while it
        is not signed.
    trend : tuple of TrendPoint
        The visits of the patient by day, this one among them.
    size : BodySize or None
        Height and weight on the day of the visit.
    settings : InstrumentSettings
        What the study sets of the instruments: the measurement error of its readers, and which
        severity bands are named.
    notes : tuple of str
        What else the reader of the report must know, in sentences.
    """

    patient: Patient
    visit: Visit
    as_of: datetime
    software_version: str
    photos: tuple[ReportPhoto, ...] = ()
    areas: Mapping[Convention, VisitBsa] = field(default_factory=dict)
    reading: Reading | None = None
    baseline: tuple[Visit, Reading] | None = None
    trend: tuple[TrendPoint, ...] = ()
    size: BodySize | None = None
    settings: InstrumentSettings = field(default_factory=InstrumentSettings)
    notes: tuple[str, ...] = ()
    countersignatures: tuple[Countersignature, ...] = ()

    def __post_init__(self) -> None:
        if self.visit.patient_id != self.patient.id:
            raise ValueError(
                f"the visit must be of patient {self.patient.id}, it is of {self.visit.patient_id}"
            )
        if self.reading is not None and self.reading.visit_id != self.visit.id:
            raise ValueError(
                f"the reading must be of visit {self.visit.id}, it is of {self.reading.visit_id}"
            )
        for one in self.countersignatures:
            if self.reading is None or one.signed_sha256 != self.reading.content_sha256:
                raise ValueError(f"the {one.meaning} of {one.signer_name} is of another reading")
        if self.as_of.tzinfo is None:
            raise ValueError("as_of must carry its time zone (UTC)")

    @property
    def draft(self) -> bool:
        """Whether nobody has signed the visit."""
        return self.reading is None

    @property
    def bsa(self) -> BsaEstimate | None:
        """The body surface that was signed, or before that the one measured; protocol."""
        if self.reading is not None:
            return self.reading.bsa
        measured = self.areas.get(Convention.PROTOCOL)
        return None if measured is None else measured.total
