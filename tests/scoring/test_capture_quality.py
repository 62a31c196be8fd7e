from __future__ import annotations

from dataclasses import replace

from lesionscope.scoring.capture_quality import NO_TONE, capture_quality, never_measured
from tests.exchange.study_case import study


def test_newest_measurements_of_photos_that_stand_are_counted_by_tone() -> None:
    found = capture_quality(study())
    # Photo 3 is withdrawn; photo 1 was measured twice, photo 2 without a scale.
    assert found.photos == {"light": 2}
    assert found.calibrated == {"light": 1}
    assert found.clean == {"light": 0}
    assert [(one.code, one.photos) for one in found.findings] == [("glare", {"light": 2})]


def test_a_photo_without_a_tone_is_a_group_of_its_own() -> None:
    data = study()
    blind = [
        replace(one, document={**one.document, "skin_tone": None, "findings": []})
        for one in data.measurements
    ]
    found = capture_quality(replace(data, measurements=tuple(blind)))
    assert found.photos == found.clean == {NO_TONE: 2}
    assert found.findings == ()


def test_what_is_missing_is_said_and_nothing_else() -> None:
    data = study()
    said = list(never_measured(data, capture_quality(data)))
    assert "1 of 3 visits have no signed CDASI reading." in said
    assert any(one.startswith("Fewer than 10 measured photos") for one in said)
    assert not any("photos are not measured" in one for one in said)
    bare = replace(data, measurements=())
    said = list(never_measured(bare, capture_quality(bare)))
    assert "2 of 2 photos are not measured." in said
    assert any(one.startswith("No photo is calibrated") for one in said)
