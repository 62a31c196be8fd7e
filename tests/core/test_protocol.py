from dataclasses import replace

import pytest

from lesionscope.core.catalogue import InstrumentSettings, instruments
from lesionscope.core.catbm import ACTIVITY
from lesionscope.core.cdasi import severity_bands
from lesionscope.core.cdasi_meaning import ACTIVITY_BANDS
from lesionscope.core.criterion import Quantity, ResponseRule, bound_from
from lesionscope.core.evidence import Certainty
from lesionscope.core.instrument import Rater
from lesionscope.core.pga import FIVE_LEVELS
from lesionscope.core.protocol import Contradiction, Protocol
from lesionscope.core.study import OpenQuestion, OwnNumber, Source, Sourced, SupplyCap
from lesionscope.core.study_settings import PgaScale, PgaScore, ReaderError, SeverityCutoff
from lesionscope.exchange.protocol_file import shipped_protocol

TRIAL = shipped_protocol("nct06857240")
WALK = OwnNumber("walk", "Six minutes' walk", "Distance", 0, 1000, "m", 0, Rater.CLINICIAN, "label")


def with_settings(protocol: Protocol, **settings: object) -> Protocol:
    return replace(protocol, settings=replace(protocol.settings, **settings))


def test_the_parts_of_a_protocol_have_paths() -> None:
    parts = TRIAL.parts()
    assert parts["settings.pga_scale"] is TRIAL.settings.pga_scale
    assert parts["visits[week_4]"] is TRIAL.visit_named("week_4")
    assert parts["eligibility[bsa]"] is TRIAL.eligibility[1]
    assert parts["treatment.caps[#2]"] == SupplyCap(100, 14, "label")


def test_visits_are_found_by_name_and_by_what_they_score() -> None:
    assert TRIAL.baseline.id == "baseline"
    assert TRIAL.scored("cdasi") == TRIAL.visits
    assert TRIAL.scored("dlqi") == ()
    with pytest.raises(ValueError, match=r"visit must be one of baseline, .*; got 'week_5'"):
        TRIAL.visit_named("week_5")


def test_each_fact_leads_to_its_source() -> None:
    assert TRIAL.source_named(TRIAL.eligibility[1].source).certainty is Certainty.READ
    assert TRIAL.source_named(TRIAL.visits[1].source).certainty is Certainty.PROPOSAL


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"id": "a trial"}, "id", "letters, digits, dots or dashes"),
        (
            {"sources": TRIAL.sources[:4]},
            "visits[week_4].source",
            "there is no source 'proposal', only registry, registry_page, label, arithmetic",
        ),
        ({"sources": TRIAL.sources * 2}, "sources", "'label' is used twice"),
        ({"visits": TRIAL.visits[1:]}, "visits", "exactly one visit must be the baseline"),
        ({"shot_lists": ()}, "visits[week_8].shot_list", "no shot list 'whole_body'"),
        ({"open_questions": TRIAL.open_questions[1:]}, "settings.pga_scale", "it has no value"),
        (
            {"open_questions": (*TRIAL.open_questions, OpenQuestion("visits[week_5]", "?", "?"))},
            "open_questions[#10].about",
            "there is no part 'visits[week_5]'",
        ),
        (
            {"open_questions": tuple(q for q in TRIAL.open_questions if q.about != "response")},
            "response",
            "there is no rule",
        ),
        (
            {"eligibility": (TRIAL.eligibility[0],)},
            "discordance[area_bound].opposite_sides",
            "no eligibility rule is about bsa_percent",
        ),
        (
            {"eligibility": (*TRIAL.eligibility, replace(TRIAL.eligibility[0], id="Age"))},
            "eligibility",
            "lower case",
        ),
        (
            {
                "reading": replace(
                    TRIAL.reading,
                    readers=Sourced(1, "proposal"),
                    adjudicator=Sourced(False, "proposal"),
                )
            },
            "discordance",
            "one reader has nobody to differ from",
        ),
    ],
)
def test_parts_that_do_not_fit_are_named(change: dict[str, object], path: str, reason: str) -> None:
    with pytest.raises(Contradiction) as found:
        replace(TRIAL, **change)
    assert any(where == path and reason in why for where, why in found.value.faults)


@pytest.mark.parametrize(
    ("quantity", "visit", "path", "reason"),
    [
        (Quantity.CDASI_ACTIVITY, "week_5", "response[r].visit", "a visit after the baseline"),
        (Quantity.CDASI_ACTIVITY, "baseline", "response[r].visit", "a visit after the baseline"),
        (Quantity.PGA, "week_12", "response[r]", "needs settings.pga_scale"),
    ],
)
def test_a_response_rule_needs_its_visit_and_scale(
    quantity: Quantity, visit: str, path: str, reason: str
) -> None:
    rule = ResponseRule("r", quantity, visit, "proposal", drop=bound_from(">= 2"))
    with pytest.raises(Contradiction) as found:
        replace(TRIAL, response=(rule,))
    assert [(where, reason in why) for where, why in found.value.faults] == [(path, True)]


def test_a_bound_beyond_the_pga_scale_is_named() -> None:
    likert = with_settings(TRIAL, pga_scale=Sourced(PgaScale.LIKERT_0_4, "proposal"))
    high = replace(likert.eligibility[3], include=(bound_from("> 5"),))
    with pytest.raises(Contradiction, match="likert_0_4 ends at 4, got > 5"):
        replace(likert, eligibility=(*likert.eligibility[:3], high))


@pytest.mark.parametrize(
    ("value", "scale", "reason"),
    [
        (10.1, PgaScale.VAS_0_10, r"must be 0 to 10 cm.*, got 10\.1"),
        (-1, PgaScale.VAS_0_10, "must be 0 to 10"),
        (5, PgaScale.LIKERT_0_4, "must be 0 to 4, got 5"),
        (2.5, PgaScale.LIKERT_0_4, r"must be 0 to 4, got 2\.5"),
        (float("nan"), PgaScale.VAS_0_10, "must be 0 to 10"),
    ],
)
def test_a_pga_off_its_scale_is_refused(value: float, scale: PgaScale, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PgaScore(value, scale)


def test_impossible_facts_are_refused() -> None:
    with pytest.raises(ValueError, match=r"certainty must be above 0\.5 and below 1, got 1"):
        replace(TRIAL.settings, certainty=Sourced(1.0, "proposal"))
    with pytest.raises(ValueError, match="readers must be 1 or more, got 0"):
        replace(TRIAL.reading, readers=Sourced(0, "proposal"))
    with pytest.raises(ValueError, match="needs two readers to settle between"):
        replace(TRIAL.reading, readers=Sourced(1, "proposal"))
    with pytest.raises(ValueError, match="hidden_repeats_percent must be 0 to 100"):
        replace(TRIAL.reading, hidden_repeats_percent=Sourced(120.0, "proposal"))
    with pytest.raises(ValueError, match="patients must be 1 or more"):
        replace(TRIAL.design, patients=Sourced(0, "proposal"))
    with pytest.raises(ValueError, match="more than 0 g in 1 or more days"):
        SupplyCap(0, 7, "label")
    with pytest.raises(ValueError, match="above 0 and up to 100 %, got 0"):
        replace(TRIAL.treatment, bsa_percent_at_most=Sourced(0.0, "label"))
    with pytest.raises(ValueError, match="a source needs a text"):
        Source("a", Certainty.READ, " ")


def test_the_instruments_get_what_the_study_sets() -> None:
    unset = TRIAL.instrument_settings()
    assert unset == InstrumentSettings()
    chosen = with_settings(
        TRIAL,
        pga_scale=Sourced(PgaScale.LIKERT_0_4, "proposal"),
        adopted=Sourced(("cdasi-remission-5",), "proposal"),
        severity_cutoff=Sourced(SeverityCutoff.PENNSYLVANIA_19, "proposal"),
        catbm_combined=Sourced(tuple(ACTIVITY)[3:10], "proposal"),
        errors=(ReaderError("cdasi", "activity", 2.0, "proposal"),),
    )
    found = replace(chosen, numbers=(WALK,)).instrument_settings()
    assert found.pga_scale is FIVE_LEVELS
    assert found.adopted == {"cdasi-remission-5"}
    bands = severity_bands(4, adopted=found.adopted, cutoff=found.severity_cutoff)
    assert bands == {"Pennsylvania, 19": "mild", "Remission, up to 5": "remission"}
    assert found.catbm_combined == tuple(ACTIVITY)[3:10]
    error = found.errors["cdasi", "activity"]
    assert (error.sem, error.origin) == (2.0, TRIAL.source_named("proposal").text)
    assert instruments(found)["walk"].total("walk", {"walk": 420}).describe() == "420 of 1000"


def test_a_cutoff_is_one_of_the_published_bands() -> None:
    assert {cutoff.value for cutoff in SeverityCutoff} <= {scheme.id for scheme in ACTIVITY_BANDS}


def test_a_number_of_the_study_can_be_scored_at_a_visit() -> None:
    visit = replace(TRIAL.visits[1], instruments=("walk",))
    visits = (TRIAL.visits[0], visit, *TRIAL.visits[2:])
    assert replace(TRIAL, visits=visits, numbers=(WALK,)).scored("walk") == (visit,)
    with pytest.raises(Contradiction, match=r"visits\[week_4\]\.instruments: .*'walk'"):
        replace(TRIAL, visits=visits)


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (replace(WALK, low=2000), "numbers[walk]"),
        (replace(WALK, label=" "), "numbers[walk]"),
        (replace(WALK, id="cdasi"), "numbers"),
    ],
)
def test_a_number_that_is_none_is_named(number: OwnNumber, path: str) -> None:
    with pytest.raises(Contradiction) as found:
        replace(TRIAL, numbers=(number,))
    assert [where for where, _ in found.value.faults] == [path]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"catbm_combined": Sourced((), "proposal")}, r"settings\.catbm_combined: .*seven"),
        ({"catbm_combined": Sourced(None, "proposal")}, r"settings\.catbm_combined: .*no value"),
        ({"errors": (ReaderError("acr20", "x", 2, "proposal"),)}, r"errors\[#1\]: instrument must"),
        ({"errors": (ReaderError("cdasi", "both", 2, "proposal"),)}, r"errors\[#1\]: .*'both'"),
        ({"errors": (ReaderError("cdasi", "damage", 2, "book"),)}, r"\.source: there is no source"),
        ({"errors": (ReaderError("cdasi", "damage", 2, "proposal"),) * 2}, r"\[#2\]: .*twice"),
    ],
)
def test_a_setting_of_the_instruments_that_cannot_be_is_named(
    settings: dict[str, object], fault: str
) -> None:
    with pytest.raises(Contradiction, match=fault):
        with_settings(TRIAL, **settings)


def test_a_measurement_error_is_a_number() -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        ReaderError("cdasi", "activity", -1, "proposal")


def test_a_threshold_that_does_not_exist_cannot_be_adopted() -> None:
    with pytest.raises(Contradiction, match=r"settings\.adopted: .*remission-6"):
        with_settings(TRIAL, adopted=Sourced(("cdasi-remission-6",), "proposal"))
