"""`lesionscope batch` says what is wrong in a sentence, and how far it is."""

from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lesionscope.cli import commands
from lesionscope.cluster.manifest import Item
from lesionscope.cluster.photo_work import End, Row
from lesionscope.cluster.progress import Teller
from lesionscope.cluster.run import Count
from lesionscope.core.sites import Site


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no/such/folder"], "There is no no/such/folder."),
        (["empty"], "There is no photo in empty"),
        (["empty", "--part", "3/2"], "--part must be K/N"),
        (["empty", "--site", "elsewhere"], "elsewhere"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    answer = CliRunner().invoke(commands, ["batch", *arguments, "--out", "out"])
    assert answer.exit_code != 0
    assert said in answer.output
    assert not (tmp_path / "out").exists()


def test_progress_names_what_was_refused_and_the_rate(capfd: pytest.CaptureFixture[str]) -> None:
    item = Item(0, "[bold]a.jpg", Site.OTHER, 20.0)
    with Teller() as teller:
        teller.tell(Count(4, 2, Counter({End.MEASURED: 2})), None)
        count = Count(4, 2, Counter({End.MEASURED: 2, End.REFUSED: 1}))
        teller.tell(count, Row(item, End.REFUSED, "It is a PDF."))
        assert teller.rate(count) > 0
    said = capfd.readouterr().err
    assert "Going on: 2 of 4 photos were done before." in said
    assert "refused  [bold]a.jpg: It is a PDF." in said
