"""The forms in which a study leaves the record."""

from __future__ import annotations

from enum import StrEnum


class ExchangeFormat(StrEnum):
    """What an export may hold; each part lies in a folder of this name."""

    TABLES = "tables"
    FHIR = "fhir"
    CDISC = "cdisc"
    DICOM = "dicom"
    PICTURES = "pictures"
    REPORT = "report"


ABOUT: dict[ExchangeFormat, str] = {
    ExchangeFormat.TABLES: (
        "CSV and Parquet with a codebook: one row per photo, measurement, lesion, reading and "
        "answer"
    ),
    ExchangeFormat.FHIR: (
        "HL7 FHIR R4 bundle: measurements, signed scores, photos by hash, signatures"
    ),
    ExchangeFormat.CDISC: (
        "QS and FA tables like SDTM, and ODM-XML 1.3.2. No official CDISC terminology of the CDASI "
        "exists: the codes are this project's own"
    ),
    ExchangeFormat.DICOM: (
        "Released photos as VL Photographic Images, outlines as segmentations, measurements as "
        "structured reports, de-identified"
    ),
    ExchangeFormat.PICTURES: (
        "Released photos without metadata, by pseudonym and study day, with an index"
    ),
    ExchangeFormat.REPORT: (
        "Study report as PDF, A4 and Letter: schedule, scores over visits, responders, capture "
        "quality, agreement, limits"
    ),
}
"""What each kind is, for people."""
