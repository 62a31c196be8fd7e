"""A form while it is being filled: answers on the scales that were shown. Nothing here shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lesionscope.core.field import Answer
from lesionscope.core.form import StoredForm
from lesionscope.core.instrument import Instrument
from lesionscope.core.reading import AnswerOrigin, origin_of


@dataclass(frozen=True)
class FormDraft:
    """A form that is not signed.

    Attributes
    ----------
    answers : dict of str to float or str
        Field key to number or "not assessable"; fields not answered are missing.
    supersedes : int or None
        The signed form that this draft corrects.
    rescaled : tuple of str
        Keys of answers left out because the study has put their question on another scale since.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    supersedes: int | None = None
    rescaled: tuple[str, ...] = ()

    def answer(self, instrument: Instrument, key: str, answer: Answer | None) -> FormDraft:
        """Return the draft with one field answered, or blank again for None.

        Raises
        ------
        ValueError
            If the form does not allow the answer.
        """
        answers = {k: v for k, v in self.answers.items() if k != key}
        if answer is not None:
            instrument.check({key: answer})
            answers[key] = answer
        return replace(self, answers=answers, rescaled=())

    def fill(self, instrument: Instrument, keys: Iterable[str], answer: Answer) -> FormDraft:
        """Return the draft with one answer in every blank field of `keys`."""
        draft = self
        for key in keys:
            if key not in draft.answers:
                draft = draft.answer(instrument, key, answer)
        return draft

    def origins(self, proposed: Mapping[str, Answer]) -> dict[str, AnswerOrigin]:
        """Return how each answer stands to what measurements propose beside it."""
        return {key: origin_of(answer, proposed.get(key)) for key, answer in self.answers.items()}

    def content(self, instrument: Instrument) -> dict[str, Any]:
        """Return what the record keeps of this draft, with the scales that were shown."""
        return {
            "answers": dict(self.answers),
            "scales": {key: instrument.field(key).scale.describe() for key in self.answers},
            "supersedes": self.supersedes,
        }


def form_draft_from(content: Mapping[str, Any] | None, instrument: Instrument) -> FormDraft:
    """Return the draft that the record kept, or an empty one.

    An answer to a question that the study has put on another scale since is not an answer any
    more: a 3 of five levels is no 3 of 10 cm.
    """
    if not content:
        return FormDraft()
    scales = {field.key: field.scale.describe() for field in instrument.fields}
    kept = {k: v for k, v in content["answers"].items() if scales.get(k) == content["scales"][k]}
    rescaled = tuple(key for key in content["answers"] if key not in kept)
    return FormDraft(kept, content["supersedes"], rescaled)


def form_draft_of(form: StoredForm, instrument: Instrument) -> FormDraft:
    """Return a draft that starts from a signed form in order to correct it."""
    content = {
        "answers": form.answers,
        "scales": {key: asked.scale for key, asked in form.asked.items()},
        "supersedes": form.id,
    }
    return form_draft_from(content, instrument)
