from pathlib import Path

import pytest

from lesionscope.model.card import ModelCard, with_figures
from lesionscope.model.runtime import NETWORK_NAME


def test_the_shipped_card_speaks_of_the_shipped_network() -> None:
    card = ModelCard.load()
    assert card.matches
    assert "no photo of dermatomyositis" in card.text.lower()
    assert "not a medical device" in card.text.lower()


def test_a_card_of_another_network_is_noticed_and_mended(tmp_path: Path) -> None:
    (tmp_path / f"{NETWORK_NAME}.onnx").write_bytes(b"weights")
    text = f"# Card\nsha256: `{'0' * 64}`\n<!-- figures -->\nold\n<!-- end of figures -->\n"
    (tmp_path / f"{NETWORK_NAME}.md").write_text(text)
    card = ModelCard.load(tmp_path)
    assert not card.matches
    (tmp_path / f"{NETWORK_NAME}.md").write_text(with_figures(card, "kappa 0.9"))
    mended = ModelCard.load(tmp_path)
    assert mended.matches
    assert "kappa 0.9" in mended.text
    assert "old" not in mended.text


def test_a_card_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        with_figures(ModelCard("# Card", None, "0" * 64), "kappa")
