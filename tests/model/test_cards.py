import hashlib
from pathlib import Path
from shutil import copytree

import pytest

from lesionscope.model.cards import LISTED, network_cards
from lesionscope.pipeline import default_grader, default_marker, default_segmenter
from lesionscope.places import models_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(models_folder(), tmp_path / "models")


def test_every_network_that_runs_has_a_card_and_is_the_published_file() -> None:
    cards = network_cards()
    versions = {file.version for card in cards for file in card.files}
    running = {each.version for each in (default_segmenter(), default_marker(), default_grader())}
    assert running <= versions
    assert all(file.as_published for card in cards for file in card.files)
    assert all(card.files for card in cards)


def test_every_published_hash_is_that_of_its_file() -> None:
    for line in (models_folder() / LISTED).read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((models_folder() / name).read_bytes()).hexdigest() == digest, name


def test_our_own_cards_say_what_a_card_must_say() -> None:
    for card in network_cards()[:3]:
        text = card.text.lower()
        assert "no photo of dermatomyositis" in text
        assert "not a medical device" in text
        for heading in ("## what it does", "## what it saw", "## how well it does", "## limits"):
            assert heading in text, (card.name, heading)


def test_the_failures_are_shown_with_the_networks_that_made_them() -> None:
    pictures = {picture.name for card in network_cards() for picture, _ in card.pictures}
    assert pictures == {"worst.png", "grading_reliability.png", "grading_failures.png"}


def test_another_file_in_place_of_a_network_is_noticed(folder: Path) -> None:
    (folder / "lesion_outline.onnx").write_bytes(b"weights of somebody")
    found = {file.name: file.as_published for card in network_cards(folder) for file in card.files}
    assert not found.pop("lesion_outline.onnx")
    assert all(found.values())


def test_a_missing_list_and_a_card_without_headline_are_refused(folder: Path) -> None:
    (folder / "lesion_grades.md").write_text("no headline")
    with pytest.raises(ValueError, match="headline"):
        network_cards(folder)
    (folder / LISTED).unlink()
    with pytest.raises(FileNotFoundError):
        network_cards(folder)
