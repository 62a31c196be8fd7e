import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.exchange.yaml_root import LARGEST_BYTES, Fault, FaultyFile, line_of, root_of
from lesionscope.exchange.yaml_tree import Place


def place(text: str) -> tuple[Place, list[Fault]]:
    """Return the value of the key ``a`` in a file of one line, and where its faults go."""
    faults: list[Fault] = []
    keys = Place(root_of(text.encode()), "", faults).keys("a")
    return keys.read("a", lambda value: value), faults


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 1, "needs keys with values, got nothing"),
        (b"- a\n- b\n", 1, "needs keys with values, got a list"),
        (b"just words\n", 1, "got 'just words'"),
        (b"a: 1\nb: [1, 2\nc: 3\n", 3, "is not YAML"),
        (b"a: 1\n\tb: 2\n", 2, "is not YAML"),
        (b"a: 1\nb: c: d\n", 2, "is not YAML: mapping values are not allowed here"),
        (b"a: 1\nb: \xff\n", 2, "needs UTF-8 text, got the byte 0xff"),
        (b"a: 1\nb: \x00\n", 2, "is not YAML: unacceptable character"),
        (b"a: &x [1]\nb: *x\n", 1, "needs every value written out"),
        (b"a: 1\nb: *x\n", 2, "needs every value written out"),
        (b"a: !!python/object/apply:os.system ['true']\n", 1, "needs plain values, got the tag"),
        (b"a: 1\nb: !custom 2\n", 2, "needs plain values, got the tag !custom"),
        (b"a: 1\n---\na: 2\n", 2, "expected a single document in the stream"),
        (b"a:\n" + b"[" * 900, 2, "needs at most 12 levels"),
        (b"#" * (LARGEST_BYTES + 1), 1, f"needs at most {LARGEST_BYTES} bytes"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(
    data: bytes, line: int, reason: str
) -> None:
    with pytest.raises(FaultyFile) as found:
        root_of(data)
    assert found.value.faults[0].line == line
    assert reason in found.value.faults[0].reason


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    assert line_of(root_of(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n"), "b") == 2


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    faults: tuple[Fault, ...] = ()
    try:
        Place(root_of(data), "", []).keys("a")
    except FaultyFile as refused:
        faults = refused.faults
    assert all(fault.line >= 1 and fault.reason for fault in faults)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("-3", -3), ("60", 60)])
def test_whole_numbers(text: str, value: int) -> None:
    assert place(f"a: {text}")[0].whole() == value


@pytest.mark.parametrize(
    "text", ["010", "1_000", "0x1F", "1:30", "1.0", "'7'", "soon", "[1]", "", "null", "1" * 12]
)
def test_what_yaml_might_take_for_a_whole_number(text: str) -> None:
    value, faults = place(f"a: {text}")
    assert value.whole() is None
    assert faults[0].reason.startswith("needs a whole number, got")


@pytest.mark.parametrize(("text", "value"), [("0.5", 0.5), ("60", 60.0), ("1.5e-05", 1.5e-5)])
def test_numbers(text: str, value: float) -> None:
    assert place(f"a: {text}")[0].number() == value


@pytest.mark.parametrize("text", [".inf", ".nan", "1,5", "'0.5'", "true", "1."])
def test_what_is_no_number(text: str) -> None:
    value, faults = place(f"a: {text}")
    assert value.number() is None
    assert faults[0].reason.startswith("needs a number, got")


@pytest.mark.parametrize("text", ["yes", "no", "on", "off", "True", "'true'", "1"])
def test_only_true_and_false_are_flags(text: str) -> None:
    value, faults = place(f"a: {text}")
    assert value.flag() is None
    assert faults[0].reason.startswith("needs true or false, got")


@pytest.mark.parametrize("text", ["no", "2026-03-01", "3", "1.5", "null", "~"])
def test_a_text_that_yaml_takes_for_something_else_must_be_quoted(text: str) -> None:
    value, faults = place(f"a: {text}")
    assert value.text() is None
    assert faults[0].reason == f"needs a text, got {text}: put it in quotes"
    assert place(f"a: '{text}'")[0].text() == text


@pytest.mark.parametrize("text", ["''", "'  '", "[]", "{b: c}", "", '"a\\u0007"'])
def test_what_is_no_text(text: str) -> None:
    value, faults = place(f"a: {text}")
    assert value.text() is None
    assert faults[0].reason.startswith("needs a text")


def test_keys_are_needed_known_and_given_once() -> None:
    faults: list[Fault] = []
    top = Place(root_of(b"alpha: 1\nbeta: 2\nalpha: 3\ngama: 4\nzzz: 5\n"), "", faults)
    top.keys("alpha", "gamma", optional=("beta",))
    assert [str(fault) for fault in sorted(faults, key=lambda fault: fault.line)] == [
        "line 1, the file: needs the key gamma, and it is not there",
        "line 3, the file: needs each key once, got alpha twice",
        "line 4, the file: has no key 'gama', perhaps gamma",
        "line 5, the file: has no key 'zzz', only alpha, gamma, beta",
    ]


def test_a_key_that_is_no_text_is_named() -> None:
    faults: list[Fault] = []
    Place(root_of(b"? [a, b]\n: 1\n"), "", faults).keys("a")
    assert "has no key 'a list'" in faults[0].reason


def test_nothing_is_built_of_a_faulty_part() -> None:
    value, faults = place("a: soon")
    assert value.build(dict, number=value.whole()) is None
    assert len(faults) == 1


def test_a_value_that_refuses_to_be_is_a_fault_of_its_place() -> None:
    def refuse(**_parts: object) -> None:
        raise ValueError("it must not be")

    value, faults = place("a: 1")
    assert value.build(refuse) is None
    assert str(faults[0]) == "line 1, a: it must not be"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("b", 2),
        ("b[x]", 3),
        ("b[x].day", 4),
        ("b[#2]", 5),
        ("b[x].missing", 3),
        ("b[y]", 2),
        ("c.d", 1),
        ("", 1),
    ],
)
def test_a_path_leads_to_the_nearest_line_there_is(path: str, line: int) -> None:
    root = root_of(b"a: 1\nb:\n  - id: x\n    day: 4\n  - 5\n")
    assert line_of(root, path) == line
