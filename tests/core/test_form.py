from datetime import UTC, datetime

import pytest

from lesionscope.core.catalogue import instruments
from lesionscope.core.change import MeasurementError
from lesionscope.core.field import NOT_ASSESSABLE, Field, Levels, Numbers
from lesionscope.core.form import (
    StoredForm,
    act_of,
    answer_words,
    asked_of,
    change_since,
    pga_score,
    signed_totals,
)
from lesionscope.core.instrument import Instrument, Rater
from lesionscope.core.patient_reported import dlqi
from lesionscope.core.people import Act
from lesionscope.core.pga import FIVE_LEVELS, VISUAL_ANALOGUE, pga
from lesionscope.core.reading import Meaning
from lesionscope.core.study_settings import PgaScale, PgaScore

DLQI = dlqi()


def signed(instrument: Instrument, answers: dict[str, float], **more: object) -> StoredForm:
    given: dict[str, object] = {
        "id": 1,
        "visit_id": 1,
        "reader_id": 1,
        "instrument_id": instrument.id,
        "instrument_name": instrument.name,
        "reader_name": "A Reader",
        "signed_at": datetime(2026, 1, 2, tzinfo=UTC),
        "meaning": Meaning.AUTHORSHIP,
        "answers": answers,
        "origins": {},
        "asked": asked_of(instrument, answers),
        "totals": signed_totals(instrument, answers),
        "measurement_ids": (),
        "content_sha256": "0" * 64,
    }
    return StoredForm(**(given | more))  # type: ignore[arg-type]


def test_a_clinicians_rating_needs_the_right_to_sign() -> None:
    acts = {one.rater: act_of(one) for one in instruments().values()}
    assert acts == {Rater.CLINICIAN: Act.SIGN_READING, Rater.PATIENT: Act.ENTER_FORM}


@pytest.mark.parametrize(
    ("scale", "answer", "words"),
    [
        (Levels(("none", "slight")), 1, "1 slight"),
        (Levels(("none", "10 to 29 %")), 1, "1: 10 to 29 %"),
        (Numbers(0, 10), 7, "7"),
        (Numbers(0, 9, "handprints", 1), 0.5, "0.5 handprints"),
        (Levels(("none", "slight")), NOT_ASSESSABLE, "not assessable"),
    ],
)
def test_answers_in_words(scale: Levels | Numbers, answer: float | str, words: str) -> None:
    assert answer_words(Field("a", "A", scale), answer) == words


def test_a_form_that_supersedes_needs_a_reason_and_a_time_its_zone() -> None:
    answers = dict.fromkeys((f.key for f in DLQI.fields), 1)
    with pytest.raises(ValueError, match="reason"):
        signed(DLQI, answers, supersedes=3)
    with pytest.raises(ValueError, match="time zone"):
        signed(DLQI, answers, signed_at=datetime(2026, 1, 2))


def test_change_since_the_baseline_beside_what_matters_and_what_is_noise() -> None:
    keys = [field.key for field in DLQI.fields]
    first, now = signed(DLQI, dict.fromkeys(keys, 2)), signed(DLQI, dict.fromkeys(keys, 1))
    rule = DLQI.rule("dlqi")
    error = MeasurementError(2.0, "own readers")
    found = change_since(first, rule, now.asked, now.value("dlqi"), error=error)
    assert found is not None
    assert found.points == -10
    assert found.describe() == (
        "-10 points (-50 %); reaches 4 (Basra 2015); beyond measurement error (5.5)"
    )


def test_no_change_without_two_totals_or_on_another_scale() -> None:
    part = signed(DLQI, {"sport": 1})
    rule = DLQI.rule("dlqi")
    assert change_since(part, rule, part.asked, 3) is None
    assert change_since(part, rule, part.asked, None) is None
    five, line = pga(FIVE_LEVELS), pga(VISUAL_ANALOGUE)
    first, now = signed(five, {"skin_activity": 3}), signed(line, {"skin_activity": 3})
    assert first.value("pga") == now.value("pga") == 3
    assert change_since(first, line.rule("pga"), now.asked, 3) is None


def test_a_pga_is_read_with_its_scale() -> None:
    five = signed(pga(FIVE_LEVELS), {"skin_activity": 3})
    line = signed(pga(VISUAL_ANALOGUE), {"skin_activity": 2.5})
    assert pga_score(five) == PgaScore(3, PgaScale.LIKERT_0_4)
    assert pga_score(line) == PgaScore(2.5, PgaScale.VAS_0_10)
    unclear = signed(pga(FIVE_LEVELS), {"skin_activity": NOT_ASSESSABLE})  # type: ignore[dict-item]
    assert pga_score(unclear) is None
    with pytest.raises(ValueError, match="got 'dlqi'"):
        pga_score(signed(DLQI, {"sport": 1}))


def test_unverified_bands_are_signed_only_where_adopted() -> None:
    skindex = instruments()["skindex29"]
    answers = dict.fromkeys((f.key for f in skindex.fields), 2)
    assert signed_totals(skindex, answers)["overall"].bands == {}
    adopted = signed_totals(skindex, answers, {"skindex-nijsten"})
    assert adopted["overall"].bands == {"Effect, Nijsten 2009": "severe"}
