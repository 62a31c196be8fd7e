"""The page of the model cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.places import models_folder
from tests.pages.conftest import Open, said

ReaderWith = Callable[[Role], Reader]


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADJUDICATOR])
def test_everybody_may_read_what_the_networks_saw(
    open_app: Open, reader_with: ReaderWith, role: Role
) -> None:
    app = open_app("models", reader_with(role))
    assert not app.exception
    assert [tab.label for tab in app.tabs][-1] == "Networks by others"
    assert len(app.tabs) == 4
    assert "no photo of dermatomyositis" in said(app).lower()
    assert "<!--" not in said(app)
    assert "](" not in said(app)
    [files] = app.dataframe
    assert set(files.value["As published"]) == {"yes"}
    assert len(files.value) >= 5
    assert not app.warning


def test_another_network_is_named(
    open_app: Open, owner: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copytree(models_folder(), tmp_path / "models")
    (folder / "skin_and_lesion.onnx").write_bytes(b"weights of somebody")
    monkeypatch.setenv("LESIONSCOPE_MODELS", str(folder))
    app = open_app("models", owner)
    assert "skin_and_lesion.onnx" in app.warning[0].value
    (folder / "lesion_outline.md").unlink()
    app.run()
    assert "has no lesion_outline.md" in app.warning[0].value
    assert not app.tabs


def test_about_leads_to_the_cards(open_app: Open, owner: Reader) -> None:
    app = open_app("about", owner)
    assert not app.exception
    assert "Model cards" in app.get("page_link")[0].proto.label
