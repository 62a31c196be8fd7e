"""Every instrument by its id, on the settings of a study, and the numbers that a study adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lesionscope.core.catbm import COMBINED, catbm
from lesionscope.core.cdasi import CDASI
from lesionscope.core.change import MeasurementError
from lesionscope.core.dssi import DSSI
from lesionscope.core.evidence import Certainty, Citation
from lesionscope.core.field import Field, Levels, Numbers
from lesionscope.core.handprint_bsa import HANDPRINT_BSA
from lesionscope.core.instrument import Instrument, Rater, ScoreRule
from lesionscope.core.patient_reported import dlqi, itch
from lesionscope.core.pga import pga
from lesionscope.core.skindex import SKINDEX_29


@dataclass(frozen=True)
class StudyNumber:
    """A number that a trial defines for itself.

    Attributes
    ----------
    id, label : str
        Stable name, and the name shown.
    scale : Numbers
        Range, unit and decimals.
    asked : str
        The question, in the protocol's words.
    rater : Rater
        Who answers.

    Examples
    --------
    >>> walk = StudyNumber("walk", "Six minutes' walk", Numbers(0, 1000, "m"), "Distance")
    >>> walk.instrument().total("walk", {"walk": 420}).describe()
    '420 of 1000'
    """

    id: str
    label: str
    scale: Numbers
    asked: str
    rater: Rater = Rater.CLINICIAN

    def __post_init__(self) -> None:
        if not self.id.isidentifier():
            raise ValueError(f"id must be letters, digits and underscores, got {self.id!r}")
        if not (self.label.strip() and self.asked.strip()):
            raise ValueError(f"{self.id} needs a label and the question asked")

    def instrument(self) -> Instrument:
        """Return the number as an instrument of one field."""
        asked = Field(self.id, self.label, self.scale, self.label, self.asked, Certainty.STUDY)
        rule = ScoreRule(
            self.id,
            self.label,
            (self.id,),
            self.scale.high,
            self._itself,
            Certainty.STUDY,
            decimals=self.scale.decimals,
            low=self.scale.low,
        )
        protocol = Citation("The study's protocol")
        return Instrument(self.id, self.label, self.rater, (asked,), (rule,), protocol)

    def _itself(self, answers: Mapping[str, float]) -> float:
        return answers[self.id]


@dataclass(frozen=True)
class InstrumentSettings:
    """What a study sets of the instruments. Nothing unverified applies unless it is named here.

    Attributes
    ----------
    pga_scale : Levels or Numbers or None
        Scale of the PGA; None while the protocol does not say.
    catbm_combined : tuple of str
        The seven lesions of the CAT-BM asked twice, as the study's form has them.
    dlqi_one_blank_is_zero : bool
        Whether one unanswered question of the DLQI counts as zero.
    itch_visual_analogue : bool
        Whether itch is marked on a line.
    severity_cutoff : str
        Id of the one published severity scheme of CDASI activity that the study uses; empty for
        all of them.
    adopted : frozenset of str
        Ids of the unverified bands and responder rules that the study uses.
    errors : mapping of (str, str) to MeasurementError
        Instrument and score to the error of the study's own readers.
    numbers : tuple of StudyNumber
        Further numbers of the trial.
    """

    pga_scale: Levels | Numbers | None = None
    catbm_combined: tuple[str, ...] = COMBINED
    dlqi_one_blank_is_zero: bool = False
    itch_visual_analogue: bool = False
    severity_cutoff: str = ""
    adopted: frozenset[str] = frozenset()
    errors: Mapping[tuple[str, str], MeasurementError] = field(default_factory=dict)
    numbers: tuple[StudyNumber, ...] = ()

    def __post_init__(self) -> None:
        known = instruments(self)
        stray = self.adopted - unverified_ids(known.values())
        if stray:
            raise ValueError(f"no unverified band or responder rule is named {sorted(stray)}")
        for name, score in self.errors:
            if name not in known:
                raise ValueError(f"no instrument is named {name!r}")
            known[name].rule(score)


def instruments(settings: InstrumentSettings | None = None) -> dict[str, Instrument]:
    """Return every instrument by its id.

    Parameters
    ----------
    settings : InstrumentSettings, optional
        Of the study; by default nothing is set.

    Raises
    ------
    ValueError
        If a number of the study takes the name of an instrument.

    Examples
    --------
    >>> list(instruments())
    ['cdasi', 'dssi', 'catbm', 'pga', 'handprint_bsa', 'dlqi', 'skindex29', 'itch_nrs']
    """
    chosen = settings or InstrumentSettings()
    every = (
        CDASI,
        DSSI,
        catbm(chosen.catbm_combined),
        pga(chosen.pga_scale),
        HANDPRINT_BSA,
        dlqi(one_blank_is_zero=chosen.dlqi_one_blank_is_zero),
        SKINDEX_29,
        itch(visual_analogue=chosen.itch_visual_analogue),
        *(number.instrument() for number in chosen.numbers),
    )
    by_id = {one.id: one for one in every}
    if len(by_id) != len(every):
        raise ValueError("two instruments have one name: rename the study's number")
    return by_id


def unverified_ids(every: Iterable[Instrument]) -> frozenset[str]:
    """Return the ids of the bands and responder rules that apply only where a study adopts them.

    Examples
    --------
    >>> sorted(unverified_ids([CDASI]))
    ['cdasi-remission-5', 'cdasi-responder-40']
    """
    rules = [rule for one in every for rule in one.scores]
    bands = [(scheme.id, scheme.certainty) for rule in rules for scheme in rule.bands]
    responders = [(one.id, one.certainty) for rule in rules for one in rule.responders]
    both = (*bands, *responders)
    return frozenset(name for name, sure in both if sure is Certainty.UNVERIFIED)
