"""The cards of all networks that ship: what each says of itself, and which file it speaks of."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from lesionscope import places
from lesionscope.model.lesion_marker import LESION_NAME
from lesionscope.model.runtime import NETWORK_NAME
from lesionscope.model.segmenter import SEGMENTER_NAME

LISTED = "SHA256SUMS"
"""File that names the hash of every network as it was published."""
BY_OTHERS = "ATTRIBUTION"
"""Card of the networks that this project took from others."""
_PICTURES = {
    LESION_NAME: (
        ("worst.png", "The ten worst outlines on rendered photos; blue true, green found"),
    ),
    NETWORK_NAME: (
        ("grading_reliability.png", "How often a suggestion is right, by the probability it names"),
        (
            "grading_failures.png",
            "The worst suggestions on rendered photos: below each where the network looked",
        ),
    ),
}
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class NetworkFile:
    """One file of weights.

    Attributes
    ----------
    name : str
        File name.
    sha256 : str
        Of the file as it lies here.
    listed : str or None
        As published in `LISTED`; None where the file is not on that list.
    """

    name: str
    sha256: str
    listed: str | None

    @property
    def version(self) -> str:
        """Name and first digits of the hash, as measurements carry it."""
        return f"{Path(self.name).stem}-{self.sha256[:8]}"

    @property
    def as_published(self) -> bool:
        """Whether the file is the one that was published."""
        return self.sha256 == self.listed


@dataclass(frozen=True)
class NetworkCard:
    """A card and the files that it speaks of.

    Attributes
    ----------
    name, title : str
        File name of the card without its ending; its headline.
    text : str
        Markdown without the headline.
    files : tuple of NetworkFile
        The weights that the software runs.
    pictures : tuple of (Path, str)
        Where its figures and failures are drawn, each with a caption; missing files are left out.
    """

    name: str
    title: str
    text: str
    files: tuple[NetworkFile, ...]
    pictures: tuple[tuple[Path, str], ...]


def network_cards(folder: Path | None = None) -> tuple[NetworkCard, ...]:
    """Read the cards in the order in which a photo passes their networks.

    Parameters
    ----------
    folder : Path, optional
        By default the one in use.

    Returns
    -------
    tuple of NetworkCard
        Of the networks for skin, lesions and grades, then of those by others.

    Raises
    ------
    FileNotFoundError
        If a card, a network or the list of hashes is missing.
    """
    folder = folder or places.models_folder()
    listed = _listed(folder)
    own = ((name, (f"{name}.onnx",)) for name in (SEGMENTER_NAME, LESION_NAME, NETWORK_NAME))
    others = tuple(sorted(file for file in listed if file.endswith(".tflite")))
    return tuple(
        _card(folder, name, tuple(_file(folder / file, listed) for file in files))
        for name, files in (*own, (BY_OTHERS, others))
    )


def _listed(folder: Path) -> dict[str, str]:
    lines = (folder / LISTED).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines if line.strip())}


def _file(path: Path, listed: dict[str, str]) -> NetworkFile:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return NetworkFile(path.name, digest, listed.get(path.name))


def _card(folder: Path, name: str, files: tuple[NetworkFile, ...]) -> NetworkCard:
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    headline = _TITLE.search(text)
    if headline is None:
        raise ValueError(f"the card {name}.md needs a headline, '# ...'")
    drawn = (
        (places.results_folder() / picture, caption) for picture, caption in _PICTURES.get(name, ())
    )
    return NetworkCard(
        name,
        headline.group(1),
        _TITLE.sub("", text, count=1).strip(),
        files,
        tuple((picture, caption) for picture, caption in drawn if picture.is_file()),
    )
