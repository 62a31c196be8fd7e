"""A signed answer beside what the machine had suggested for it: what the software learns from."""

from __future__ import annotations

from dataclasses import dataclass

from lesionscope.core.measurement import LEVELS, Item
from lesionscope.core.reading import AnswerOrigin


@dataclass(frozen=True)
class ConfirmedAnswer:
    """One field of one signed reading.

    Attributes
    ----------
    patient_id, reading_id : int
        Rows in the record.
    key : str
        Field of the form.
    item : Item
        Its item.
    probabilities : tuple of float
        What the machine gave every level, from the measurement that was signed.
    answer : int
        What the reader signed.
    origin : AnswerOrigin
        Whether the reader saw the suggestion, and kept it.
    skin_tone : str or None
        ITA class of the photo's clear skin.
    model_version : str
        The networks behind the suggestion.
    photo_id, measurement_id : int or None
        Rows of the photo and of the measurement that the suggestion stands in.
    """

    patient_id: int
    reading_id: int
    key: str
    item: Item
    probabilities: tuple[float, ...]
    answer: int
    origin: AnswerOrigin
    skin_tone: str | None
    model_version: str
    photo_id: int | None = None
    measurement_id: int | None = None

    def __post_init__(self) -> None:
        levels = LEVELS[self.item]
        if len(self.probabilities) != levels:
            raise ValueError(
                f"{self.item.value} has {levels} levels, got {len(self.probabilities)} "
                "probabilities"
            )
        if not 0 <= self.answer < levels:
            raise ValueError(f"answer must be 0 to {levels - 1}, got {self.answer}")

    @property
    def suggested(self) -> int:
        """The most probable level."""
        return max(range(len(self.probabilities)), key=lambda level: self.probabilities[level])
