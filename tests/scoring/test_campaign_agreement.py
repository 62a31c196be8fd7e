from __future__ import annotations

from lesionscope.core.case import Scores
from lesionscope.core.cdasi import NOT_ASSESSABLE, Answer
from lesionscope.scoring.campaign_agreement import (
    CampaignAgreement,
    ReadCase,
    campaign_agreement,
    consensus,
)


def scores(erythema: Answer, area: float | None = 2.0) -> Scores:
    return Scores({"arm.erythema": erythema, "arm.scale": 0}, area)


def case(number: int, one: Scores | None, other: Scores | None, **more: object) -> ReadCase:
    usual: dict[str, object] = {
        "repeats": (None, None), "discordant": False, "settled": None, "upheld": None,
        "machine": None,
    }  # fmt: skip
    return ReadCase(number, (one, other), **{**usual, **more})  # type: ignore[arg-type]


def agreement(*cases: ReadCase) -> CampaignAgreement:
    return campaign_agreement(cases, ("Ann", "Ben"), 7)


CALM = [case(n, scores(n % 4, n), scores(n % 4, n + 0.5), machine=scores(n % 4)) for n in range(8)]


def test_the_two_readers_are_compared_number_by_number_and_item_by_item() -> None:
    found = agreement(*CALM).between
    assert (found.title, found.pairs) == ("Ann and Ben", 8)
    points, area = found.numbers
    assert points.icc_agreement.value == 1
    assert area.differences.mean.value == -0.5
    assert dict(found.kappas)["Erythema"].value == 1


def test_what_one_could_not_assess_pairs_with_nothing() -> None:
    found = agreement(*CALM, case(9, scores(NOT_ASSESSABLE, None), scores(2))).between
    assert found.pairs == 9
    assert [len(one.pairs) for one in found.numbers] == [8, 8]
    assert [(label, one.n) for label, one in found.kappas] == [("Erythema", 8), ("Scale", 9)]


def test_few_pairs_give_no_figure() -> None:
    found = agreement(*CALM[:2]).between
    assert (found.numbers, found.kappas) == ((), ())


def test_hidden_repeats_are_each_reader_with_themselves() -> None:
    again = [
        case(n, scores(n % 4), scores(n % 4), repeats=(scores(n % 4), scores((n + 1) % 4)))
        for n in range(6)
    ]
    ann, ben, both = agreement(*CALM, *again).within
    assert (ann.pairs, ben.pairs, both.pairs) == (6, 6, 12)
    assert ann.numbers[0].errors.sem_agreement == 0
    assert ben.numbers[0].errors.sem_agreement > 0


def test_who_was_upheld_is_counted() -> None:
    far = [
        case(20, scores(0), scores(3), discordant=True, settled=scores(0), upheld=0),
        case(21, scores(0), scores(3), discordant=True, settled=scores(3), upheld=1),
        case(22, scores(0), scores(3), discordant=True, settled=scores(3), upheld=1),
        case(23, scores(0), scores(3), discordant=True, settled=scores(2)),
        case(24, scores(0), scores(3), discordant=True),
        case(25, scores(0), None),
    ]
    found = agreement(*CALM, *far)
    assert (found.cases, found.complete, found.discordant, found.settled) == (14, 13, 5, 4)
    assert (found.upheld, found.anew) == ((1, 2), 1)
    assert found.adjudication_percent is not None
    assert round(found.adjudication_percent, 1) == 38.5


def test_the_consensus_is_one_read_and_never_an_average() -> None:
    apart = case(3, scores(1, 2.0), scores(2, 2.4))
    drawn = consensus(apart, 7)
    assert drawn in apart.reads
    assert {consensus(apart, seed).answers["arm.erythema"] for seed in range(20)} == {1, 2}  # type: ignore[union-attr]
    settled = case(4, scores(0), scores(3), discordant=True, settled=scores(2))
    assert consensus(settled, 7) == scores(2)
    assert consensus(case(5, scores(0), scores(3), discordant=True), 7) is None
    assert consensus(case(6, scores(0), None), 7) is None


def test_the_machine_is_compared_with_the_consensus() -> None:
    found = agreement(*CALM).machine
    assert found.pairs == 8
    assert dict(found.kappas)["Erythema"].value == 1


def test_before_the_first_read_there_is_nothing() -> None:
    found = agreement(case(1, None, None))
    assert (found.complete, found.adjudication_percent) == (0, None)
