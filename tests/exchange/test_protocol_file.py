import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.catbm import ACTIVITY
from lesionscope.core.criterion import (
    Bound,
    Criterion,
    Quantity,
    Relation,
    ResponseRule,
    bound_from,
)
from lesionscope.core.evidence import Certainty
from lesionscope.core.instrument import Rater
from lesionscope.core.measurement import Convention
from lesionscope.core.protocol import Protocol
from lesionscope.core.schedule import PlannedVisit, Shot, ShotList
from lesionscope.core.sites import VIEWS, Side
from lesionscope.core.study import OwnNumber, PersonCheck, Source, Sourced
from lesionscope.core.study_settings import PgaScale, ReaderError, SeverityCutoff
from lesionscope.exchange.protocol_file import (
    protocol_from,
    protocol_sha256,
    read_protocol,
    shipped_protocol,
    shipped_protocols,
    write_protocol,
)
from lesionscope.exchange.protocol_text import protocol_text
from lesionscope.exchange.yaml_root import Fault, FaultyFile

TRIAL = shipped_protocol("nct06857240")
TEXT = protocol_text(TRIAL)


def test_the_example_ships_and_reads_back_as_it_was_written(tmp_path: Path) -> None:
    assert shipped_protocols() == ("nct06857240",)
    path = tmp_path / "trial.yaml"
    write_protocol(TRIAL, path)
    assert read_protocol(path) == TRIAL
    assert [item.name for item in tmp_path.iterdir()] == ["trial.yaml"]


def test_the_example_says_what_the_registry_says() -> None:
    rules = {rule.id: rule for rule in TRIAL.eligibility}
    assert rules["bsa"].wording() == "included > 1 and < 20; excluded < 1 or > 20"
    assert rules["cdasi_activity"].wording() == "included > 6; excluded < 6"
    assert rules["pga"].wording() == "included > 2"
    assert rules["age"].wording() == "included >= 18 and <= 89"
    assert TRIAL.design.patients.value == 15
    assert TRIAL.settings.pga_scale.value is None
    assert TRIAL.settings.bsa_convention.value is Convention.PROTOCOL


def test_the_example_says_of_what_nobody_stated_that_it_is_open() -> None:
    about = {question.about for question in TRIAL.open_questions}
    # Visits and outcomes were in no copy read: what stands there is a proposal or nothing.
    assert {"visits", "response", "settings.pga_scale"} <= about
    proposals = {visit.source for visit in TRIAL.visits} | {TRIAL.reading.readers.source}
    assert {TRIAL.source_named(source).certainty for source in proposals} == {Certainty.PROPOSAL}


def test_layout_and_comments_do_not_change_what_a_protocol_is(tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_bytes(b"\xef\xbb\xbf# a comment\r\n" + TEXT.replace("\n", "\r\n").encode())
    assert protocol_sha256(read_protocol(path)) == protocol_sha256(TRIAL)
    assert protocol_sha256(replace(TRIAL, version="2")) != protocol_sha256(TRIAL)


# Each fault: what in the good file becomes what, where it is found, and what is said.
BROKEN = [
    ("format: lesionscope-protocol/1", "format: lesionscope-protocol/2", "format", "needs one of"),
    ("id: NCT06857240", "id: the trial", "id", "letters, digits, dots or dashes, got 'the trial'"),
    ("id: NCT06857240", "id: 6857240", "id", "needs a text, got 6857240: put it in quotes"),
    ("title: Topical", "titel: Topical", "", "has no key 'titel', perhaps title"),
    ("certainty: read\n", "certainty: sure\n", "sources[registry].certainty", "needs one of read"),
    ("    value: 15\n", "    value: fifteen\n", "design.patients.value", "needs a whole number"),
    ("    value: 15\n", "    value: 0\n", "design", "patients must be 1 or more, got 0"),
    (
        "  pga_scale:\n    value: null",
        "  pga_scale:\n    value: vas",
        "settings.pga_scale.value",
        "needs one of vas_0_10, likert_0_4; got 'vas'",
    ),
    (
        "    value: protocol\n",
        "    value: 1.0\n",
        "settings.bsa_convention.value",
        "needs one of protocol, adjusted, surface; got '1.0'",
    ),
    (
        "  quantity: bsa_percent\n  include",
        "  quantity: bsa\n  include",
        "eligibility[bsa].quantity",
        "needs one of",
    ),
    (
        "  - '> 1'\n",
        "  - 1\n",
        "eligibility[bsa].include[#1]",
        "needs a text, got 1: put it in quotes",
    ),
    ("  - '> 1'\n", "  - above 1\n", "eligibility[bsa].include[#1]", 'read like "> 1"'),
    ("  - < 20\n", "  - < 200\n", "eligibility[bsa]", "runs from 0 to 100, got < 200"),
    ("  - < 1\n", "  - < 2\n", "eligibility[bsa]", "is both included and excluded"),
    (
        "  - arm left\n",
        "  - elbow left\n",
        "shot_lists[whole_body].shots[#11]",
        "view must be one of",
    ),
    ("  - arm left\n", "  - arm right\n", "shot_lists[whole_body]", "got twice: arm right"),
    (
        "  day: 28\n",
        "  day: four weeks\n",
        "visits[week_4].day",
        "needs a whole number, got 'four weeks'",
    ),
    ("  day: 28\n", "  day: 028\n", "visits[week_4].day", "needs a whole number, got '028'"),
    (
        "  day: 28\n  days_early: 7",
        "  day: 28\n  days_early: -7",
        "visits[week_4]",
        "0 or more days wide",
    ),
    ("  day: 28\n", "  day: 50\n", "visits", "windows must not overlap: week_4 ends on day 57"),
    ("  day: 28\n", "", "visits[week_4]", "needs the key day, and it is not there"),
    ("  day: 0\n", "  day: 1\n", "visits", "exactly one visit must be the baseline, day 0, got 0"),
    (
        "  - cdasi\n",
        "  - cdsai\n",
        "visits[baseline].instruments",
        "needs one of bsa, catbm, cdasi",
    ),
    (
        "shot_list: whole_body",
        "shot_list: everything",
        "visits[baseline].shot_list",
        "no shot list 'everything'",
    ),
    ("- id: week_4\n", "- id: week_8\n", "visits", "got twice: week_8"),
    (
        "  adjudicator:\n    value: true",
        "  adjudicator:\n    value: yes",
        "reading.adjudicator.value",
        "needs true or false, got 'yes'",
    ),
    (
        "  readers:\n    value: 2",
        "  readers:\n    value: 1",
        "reading",
        "needs two readers to settle between",
    ),
    (
        "  relative_percent: '> 25'",
        "  relative_percent: < 25",
        "discordance[area]",
        "write > or >=",
    ),
    (
        "  opposite_sides: true",
        "  opposite_sides: false",
        "discordance[activity_bound]",
        "needs a condition",
    ),
    ("response: []", "response: none", "response", "needs a list, got 'none'"),
    (
        "  - grams: 60\n",
        "  - grams: 60 g\n",
        "treatment.caps[#1].grams",
        "needs a number, got '60 g'",
    ),
    ("  - grams: 60\n", "  - grams: 0\n", "treatment.caps[#1]", "more than 0 g"),
    (
        "source: label\n",
        "source: lable\n",
        "treatment.applications_per_day.source",
        "there is no source 'lable'",
    ),
    (
        "- about: settings.pga_scale",
        "- about: settings.pga",
        "open_questions[#1].about",
        "there is no part 'settings.pga'",
    ),
    (
        "- about: response\n",
        "- about: reading\n",
        "response",
        "open_questions must say what is open",
    ),
    ("blinding:\n", "blinding: null\nblinding_:\n", "blinding", "needs the keys treatment_hidden"),
]


@pytest.mark.parametrize(("good", "bad", "path", "reason"), BROKEN)
def test_a_broken_file_is_refused_with_line_path_and_reason(
    good: str, bad: str, path: str, reason: str
) -> None:
    assert good in TEXT
    broken = TEXT.replace(good, bad, 1)
    with pytest.raises(FaultyFile) as found:
        protocol_from(broken.encode())
    hits = [f for f in found.value.faults if f.path == path and reason in f.reason]
    assert hits, str(found.value)
    # The line is the one that was changed, or that of the part it belongs to.
    changed = broken[: broken.index(bad)].count("\n") + 1
    lines = broken.splitlines()
    named = re.split(r"[.\[\]]+", path.rstrip("]"))[-1]
    assert hits[0].line <= changed + bad.count("\n") + 1 or named in lines[hits[0].line - 1]
    assert str(hits[0]).startswith(f"line {hits[0].line}, {path or 'the file'}: ")


@pytest.mark.parametrize(
    ("good", "bad", "line_holds"),
    [
        ("  day: 28\n", "  day: soon\n", "  day: soon"),
        ("  - '> 1'\n", "  - about 1\n", "  - about 1"),
        ("title: Topical", "titel: Topical", "titel: Topical"),
        ("source: label\n", "source: lable\n", "    source: lable"),
        ("- about: settings.pga_scale", "- about: settings.pga", "- about: settings.pga"),
        ("  day: 28\n", "  day: 50\n", "visits:"),
    ],
)
def test_the_line_of_a_fault_is_the_line_to_look_at(good: str, bad: str, line_holds: str) -> None:
    broken = TEXT.replace(good, bad, 1)
    with pytest.raises(FaultyFile) as found:
        protocol_from(broken.encode())
    lines = broken.splitlines()
    assert any(lines[fault.line - 1].startswith(line_holds) for fault in found.value.faults)


def test_all_faults_of_a_file_are_named_at_once_in_the_order_of_lines() -> None:
    broken = TEXT
    for good, bad in (("  day: 28\n", "  day: soon\n"), ("  - '> 1'\n", "  - 1\n")):
        broken = broken.replace(good, bad, 1)
    broken = broken.replace("  - grams: 60\n", "  - gramms: 60\n", 1)
    with pytest.raises(FaultyFile) as found:
        protocol_from(broken.encode())
    assert [fault.path for fault in found.value.faults] == [
        "eligibility[bsa].include[#1]",
        "visits[week_4].day",
        "treatment.caps[#1]",
        "treatment.caps[#1]",
    ]


@pytest.mark.parametrize("section", re.findall(r"^(\w+):", TEXT, flags=re.MULTILINE))
def test_every_section_is_needed(section: str) -> None:
    without = re.sub(rf"^{section}:.*\n(?:[- ].*\n)*", "", TEXT, count=1, flags=re.MULTILINE)
    with pytest.raises(FaultyFile, match=f"needs the key {section}, and it is not there"):
        protocol_from(without.encode())


@settings(deadline=None, max_examples=25)
@given(st.integers(0, len(TEXT) - 1), st.integers(0, 40), st.text(max_size=8))
def test_a_file_with_a_random_cut_is_read_whole_or_refused_in_words(
    start: int, length: int, put: str
) -> None:
    broken = TEXT[:start] + put + TEXT[start + length :]
    faults: tuple[Fault, ...] = ()
    try:
        protocol_from(broken.encode("utf-8", "replace"))
    except FaultyFile as refused:
        faults = refused.faults
    assert all(fault.line >= 1 and fault.reason for fault in faults)


def test_a_study_may_give_no_cream_and_ask_for_no_photos() -> None:
    bare = replace(
        TRIAL,
        treatment=None,
        shot_lists=(),
        visits=tuple(replace(visit, shot_list=None) for visit in TRIAL.visits),
        open_questions=tuple(q for q in TRIAL.open_questions if "treatment" not in q.about),
    )
    assert protocol_from(protocol_text(bare).encode()) == bare


def test_an_unknown_example_is_refused() -> None:
    with pytest.raises(ValueError, match="protocol must be one of nct06857240; got"):
        shipped_protocol("../x")


ids = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
# What YAML is known to take for something else, among any printable words.
words = st.one_of(
    st.sampled_from(
        ["no", "null", "1:30", "> 1", "- a", "a: b", "#x", "2026-03-01", "é", "{", "%"]
    ),
    st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20),
)
millionths = st.integers(0, 10**6).map(lambda n: n / 10**6)
facts = {"source": st.just("s"), "note": st.one_of(st.just(""), words)}


ADOPTED = [(), ("cdasi-remission-5",), ("cdasi-remission-5", "cdasi-responder-40")]


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    gaps = draw(st.lists(st.integers(10, 90), max_size=4))
    days = [0] + [sum(gaps[: n + 1]) for n in range(len(gaps))]
    shots = st.builds(
        Shot,
        st.sampled_from([view.id for view in VIEWS if view.id != "other"]),
        st.sampled_from([None, Side.LEFT, Side.RIGHT]),
    )
    instruments = st.lists(st.sampled_from(["bsa", "cdasi", "walk"]), unique=True).map(tuple)
    visits = tuple(
        PlannedVisit(
            f"v{n}",
            f"{draw(words)} {n}",
            day,
            draw(st.integers(0, 4)) if day else 0,
            draw(st.integers(0, 4)) if day else 0,
            draw(st.sampled_from([None, "shots"])),
            draw(instruments),
            "s",
        )
        for n, day in enumerate(days)
    )
    low = draw(millionths)
    rule = Criterion(
        "c",
        Quantity.BSA_PERCENT,
        (Bound(Relation.ABOVE, low), Bound(Relation.AT_MOST, round(low + 3.25, 6))),
        draw(st.sampled_from([(), (bound_from("> 50"),)])),
        "s",
        draw(st.one_of(st.just(""), words)),
    )
    scale = draw(st.sampled_from(PgaScale))
    responses = tuple(
        ResponseRule(f"r{n}", Quantity.PGA, f"v{n}", "s", drop_percent=Bound(Relation.ABOVE, low))
        for n in range(1, len(days))
    )
    return replace(
        TRIAL,
        id=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)),
        title=draw(words),
        sources=(Source("s", draw(st.sampled_from(Certainty)), draw(words)), *TRIAL.sources),
        settings=replace(
            TRIAL.settings,
            pga_scale=draw(st.builds(Sourced, st.just(scale), **facts)),
            severity_cutoff=draw(st.builds(Sourced, st.sampled_from(SeverityCutoff), **facts)),
            certainty=draw(
                st.builds(Sourced, st.floats(0.51, 0.99).map(lambda x: round(x, 9)), **facts)
            ),
            adopted=draw(st.builds(Sourced, st.sampled_from(ADOPTED), **facts)),
            errors=draw(
                st.sampled_from([(), (ReaderError("cdasi", "activity", 2.25, "s"),)]),
            ),
            catbm_combined=draw(
                st.one_of(st.none(), st.builds(Sourced, st.just(tuple(ACTIVITY)[2:9]), **facts))
            ),
        ),
        eligibility=(rule,),
        person_checks=(PersonCheck("p", draw(words), "s"),),
        numbers=(
            OwnNumber(
                "walk",
                draw(words),
                draw(words),
                draw(st.integers(0, 9)),
                draw(st.integers(10, 1000)),
                "m",
                draw(st.integers(0, 3)),
                draw(st.sampled_from(Rater)),
                "s",
            ),
        ),
        shot_lists=(
            ShotList("shots", draw(st.lists(shots, min_size=1, unique=True).map(tuple)), "s"),
        ),
        visits=visits,
        discordance=(),
        response=responses,
        open_questions=tuple(
            question
            for question in TRIAL.open_questions
            if question.about == "response" or question.about.startswith(("reading", "treatment"))
        ),
    )


@settings(deadline=None, max_examples=25)
@given(protocols())
def test_any_protocol_reads_back_as_it_was_written(protocol: Protocol) -> None:
    text = protocol_text(protocol)
    assert protocol_from(text.encode()) == protocol
    assert protocol_text(protocol_from(text.encode())) == text


def test_every_key_of_the_format_is_explained() -> None:
    explained = Path(__file__).parents[2] / "docs" / "protocol.md"
    named = set(re.findall(r"`([a-z_0-9]+)`", explained.read_text(encoding="utf-8")))
    written = set(re.findall(r"^[- ]*([a-z_0-9]+):", TEXT, flags=re.MULTILINE))
    optional = {"drop", "drop_percent", "reaches", "note", "low", "high", "decimals", "rater"}
    assert (written | optional) - named == {"value"}
