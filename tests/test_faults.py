import pytest

from lesionscope.faults import debugging, fault_sentence


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory", "arm.jpg"), "There is no file arm.jpg."),
        (PermissionError(13, "Permission denied", "out"), "out may not be used"),
        (
            OSError(28, "No space left on device", "out/x.png"),
            "No space left on device (out/x.png)",
        ),
        (MemoryError(), "not enough memory"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
        (OSError("without a file"), "OSError: without a file"),
    ],
)
def test_every_fault_becomes_a_sentence(error: Exception, words: str) -> None:
    sentence = fault_sentence(error)
    assert words in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("", False), ("0", False)])
def test_debugging_is_asked_for_by_name(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    monkeypatch.setenv("LESIONSCOPE_DEBUG", value)
    assert debugging() is expected
