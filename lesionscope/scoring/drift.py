"""How often clinicians override what is suggested: by item, skin tone and model version.

A suggestion that is kept is weak evidence that it was right: a reader who sees it leans towards it.
One that is overridden is strong evidence that it was wrong. A share that rises over versions or
differs between tones is a reason to look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.measurement import Item
from lesionscope.core.reading import AnswerOrigin

_Z = 1.96


@dataclass(frozen=True)
class Drift:
    """How the suggestions of one group fared.

    Attributes
    ----------
    item : Item
        Of the form.
    group : str
        Skin tone or model version.
    shown : int
        Answers given in sight of a suggestion.
    overridden : int
        Those of them that say another level.
    mean_shift : float
        Mean of answer less suggestion over all answers, in levels: above 0 the machine says too
        little.
    """

    item: Item
    group: str
    shown: int
    overridden: int
    mean_shift: float

    @property
    def share(self) -> float | None:
        """Share overridden; None before anything was shown."""
        return self.overridden / self.shown if self.shown else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the share by Wilson's formula; None before anything was shown.

        References
        ----------
        Wilson 1927, J Am Stat Assoc 22:209-12.
        """
        if not self.shown:
            return None
        n, p, z = self.shown, self.overridden / self.shown, _Z
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
        return max(0.0, centre - half), min(1.0, centre + half)


def drift_by_tone(answers: Sequence[ConfirmedAnswer]) -> list[Drift]:
    """Group by item and skin tone, every tone of every item in view."""
    return _drift(answers, [each.skin_tone or "not measured" for each in answers])


def drift_by_version(answers: Sequence[ConfirmedAnswer]) -> list[Drift]:
    """Group by item and model version."""
    return _drift(answers, [each.model_version for each in answers])


def _drift(answers: Sequence[ConfirmedAnswer], groups: Sequence[str]) -> list[Drift]:
    by_group: dict[tuple[Item, str], list[ConfirmedAnswer]] = defaultdict(list)
    for answer, group in zip(answers, groups, strict=True):
        by_group[answer.item, group].append(answer)
    order = list(Item)
    return [
        Drift(
            item,
            group,
            sum(each.origin is not AnswerOrigin.ENTERED for each in part),
            sum(each.origin is AnswerOrigin.OVERRIDDEN for each in part),
            sum(each.answer - each.suggested for each in part) / len(part),
        )
        for (item, group), part in sorted(
            by_group.items(), key=lambda pair: (order.index(pair[0][0]), pair[0][1])
        )
    ]
