from lesionscope.core.cdasi_form import ITEMS, item_named
from lesionscope.core.evidence import Certainty
from lesionscope.core.field import FromPhoto


def test_the_maxima_leave_no_other_set_of_items() -> None:
    # With poikiloderma 0 to 2 damage would be 47; with ulceration doubled activity would be 101.
    assert len(item_named("arm.poikiloderma").levels) == 2
    assert item_named("arm.poikiloderma").certainty is Certainty.ARITHMETIC
    tops = [len(item.levels) - 1 for item in ITEMS if item.key.endswith(".poikiloderma")]
    damage = sum(len(item.levels) - 1 for item in ITEMS if item.part.value == "damage")
    assert (damage, damage + sum(tops)) == (32, 47)


def test_what_needs_touch_or_the_patient_is_never_suggested() -> None:
    never = {item.key for item in ITEMS if item.from_photo is FromPhoto.NEVER}
    assert {"alopecia", "periungual", "gottron_hands.papules", "arm.calcinosis"} <= never
    assert item_named("arm.erythema").from_photo is FromPhoto.SUGGESTED
