"""What a study chooses where the instruments leave a choice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.change import MeasurementError
from lesionscope.core.field import Levels, Numbers
from lesionscope.core.measurement import Convention
from lesionscope.core.pga import FIVE_LEVELS, VISUAL_ANALOGUE
from lesionscope.core.study import Sourced


class PgaScale(StrEnum):
    """The scale of the physician's global assessment of skin activity."""

    VAS_0_10 = "vas_0_10"
    """Visual analogue scale, 0 to 10 cm."""
    LIKERT_0_4 = "likert_0_4"
    """Five levels, 0 clear to 4 severe."""


PGA_SCALES: dict[PgaScale, Levels | Numbers] = {
    PgaScale.VAS_0_10: VISUAL_ANALOGUE,
    PgaScale.LIKERT_0_4: FIVE_LEVELS,
}
"""What may be answered on each scale."""


@dataclass(frozen=True)
class PgaScore:
    """A physician's global assessment, which means nothing without its scale.

    Attributes
    ----------
    value : float
        0 to the top of the scale; whole on a Likert scale.
    scale : PgaScale
        The scale it was given on.
    """

    value: float
    scale: PgaScale

    def __post_init__(self) -> None:
        scale = PGA_SCALES[self.scale]
        if not scale.allows(self.value):
            raise ValueError(
                f"PGA on {self.scale.value} must be {scale.describe()}, got {self.value:g}"
            )


class SeverityCutoff(StrEnum):
    """Which published cut-off of CDASI activity tells mild disease from moderate and severe.

    References
    ----------
    Anyanwu et al. 2015, Br J Dermatol 173:969-74.
    """

    STANFORD_14 = "cdasi-stanford"
    """Mild up to 14."""
    PENNSYLVANIA_19 = "cdasi-pennsylvania"
    """19 separates; the side of 19 itself is not in the abstract."""


@dataclass(frozen=True)
class ReaderError:
    """The measurement error of one score, from an agreement study of the study's own readers.

    Attributes
    ----------
    instrument, score : str
        What was scored, such as ``"cdasi"`` and ``"activity"``.
    sem : float
        Standard error of measurement, points.
    source : str
        Id of the source that gives it.
    """

    instrument: str
    score: str
    sem: float
    source: str

    def __post_init__(self) -> None:
        MeasurementError(self.sem, self.source)


@dataclass(frozen=True)
class Settings:
    """What the study chooses where instruments leave a choice.

    Attributes
    ----------
    pga_scale : Sourced of PgaScale
        Without it no PGA is compared with anything.
    severity_cutoff : Sourced of SeverityCutoff
        Without it severity is shown under all published cut-offs.
    bsa_convention : Sourced of Convention
        What a handprint is worth; without it no BSA is compared with a bound.
    certainty : Sourced of float
        How probable a BSA criterion must be to count, above 0.5 and below 1; without it the signed
        number alone decides, and its probability is shown beside.
    adopted : Sourced of tuple of str
        Ids of bands and responder rules that no source confirms and that the study uses all the
        same, see `lesionscope.core.catalogue.unverified_ids`.
    dlqi_one_blank_is_zero, itch_visual_analogue : Sourced of bool
        Whether one unanswered question of the DLQI counts as zero; whether itch is marked on a
        line.
    errors : tuple of ReaderError
        Without one the smallest detectable change of a score is not known.
    catbm_combined : Sourced of tuple of str, or None
        The seven lesions of the CAT-BM asked twice; None for the seven from memory.
    """

    pga_scale: Sourced[PgaScale]
    severity_cutoff: Sourced[SeverityCutoff]
    bsa_convention: Sourced[Convention]
    certainty: Sourced[float]
    adopted: Sourced[tuple[str, ...]]
    dlqi_one_blank_is_zero: Sourced[bool]
    itch_visual_analogue: Sourced[bool]
    errors: tuple[ReaderError, ...] = ()
    catbm_combined: Sourced[tuple[str, ...]] | None = None

    def __post_init__(self) -> None:
        certainty = self.certainty.value
        if certainty is not None and not 0.5 < certainty < 1:
            raise ValueError(f"certainty must be above 0.5 and below 1, got {certainty:g}")
