"""Whether a patient may be enrolled: the criteria on values and those that a person answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lesionscope.core.study import PersonCheck
from lesionscope.scoring.eligibility import Answer, Eligibility, Verdict


@dataclass(frozen=True)
class Enrolment:
    """Every criterion of a protocol for one patient.

    Attributes
    ----------
    verdict : Verdict
        Not eligible as soon as one criterion is not met; else undetermined as soon as one is.
    by_values : Eligibility
        What the values answer.
    by_person : tuple of PersonCheck and Answer
        What a person answered; undetermined where nobody has.
    """

    verdict: Verdict
    by_values: Eligibility
    by_person: tuple[tuple[PersonCheck, Answer], ...]

    def describe(self) -> str:
        """Say the verdict and how many criteria stand in its way."""
        answers = [one.answer for one in self.by_values.answers]
        answers += [answer for _, answer in self.by_person]
        failed = answers.count(Answer.NOT_MET)
        open_ones = answers.count(Answer.UNDETERMINED)
        if self.verdict is Verdict.NOT_ELIGIBLE:
            return f"not eligible: {failed} of {len(answers)} criteria not met"
        if self.verdict is Verdict.UNDETERMINED:
            return f"undetermined: {open_ones} of {len(answers)} criteria open"
        return f"eligible: all {len(answers)} criteria met"


def enrolment(by_values: Eligibility, answered: Mapping[str, tuple[str, Answer]]) -> Enrolment:
    """Join what the values answer and what a person answered.

    Parameters
    ----------
    by_values : Eligibility
        See `lesionscope.scoring.eligibility.eligibility`.
    answered : mapping of str to (str, Answer)
        Id of a person's criterion to its wording when it was answered, and the answer. One
        whose wording the protocol changed since counts as not answered.

    Returns
    -------
    Enrolment
    """
    by_person = []
    for check in by_values.for_a_person:
        wording, answer = answered.get(check.id, ("", Answer.UNDETERMINED))
        by_person.append((check, answer if wording == check.text else Answer.UNDETERMINED))
    given = {answer for _, answer in by_person}
    verdict = by_values.verdict
    if Answer.NOT_MET in given:
        verdict = Verdict.NOT_ELIGIBLE
    elif Answer.UNDETERMINED in given and verdict is Verdict.ELIGIBLE:
        verdict = Verdict.UNDETERMINED
    return Enrolment(verdict, by_values, tuple(by_person))
