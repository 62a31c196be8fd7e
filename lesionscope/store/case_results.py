"""The cases of a campaign as its agreement report takes them."""

from __future__ import annotations

from lesionscope.core.case import Pane, Scores
from lesionscope.core.people import Act, Reader
from lesionscope.scoring.campaign_agreement import ReadCase
from lesionscope.store.campaigns import refuse_readers
from lesionscope.store.case_binder import Binder, Case
from lesionscope.store.case_rows import binder_of
from lesionscope.store.case_signing import machine_read
from lesionscope.store.record import Record


class CaseResults(Record):
    """Results of the store's campaigns."""

    def campaign_results(self, by: Reader, campaign_id: int) -> list[ReadCase]:
        """Return what became of every case of a campaign.

        Of pairs the later visit counts: the baseline was shown for comparison.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        NotInRecord
            If there is none with this number.
        """
        with self._reading(by, Act.RUN_CAMPAIGN) as connection:
            refuse_readers(connection, by, campaign_id)
            binder = binder_of(connection, campaign_id)
            return [
                _result(binder, case, machine_read(connection, binder, case.id))
                for case in binder.cases.values()
            ]


def _result(binder: Binder, case: Case, machine: Scores | None) -> ReadCase:
    first, again = _reads(binder, case, repeat=False), _reads(binder, case, repeat=True)
    settlement = binder.settlement(case.id)
    chosen = settlement.chosen if settlement else None
    ids = [read.id for read in binder.first_reads(case.id)]
    return ReadCase(
        case.number,
        first,
        again,
        bool(binder.differ(case.id)),
        settlement.scores[Pane.VISIT] if settlement else None,
        ids.index(chosen) if chosen in ids else None,
        machine,
    )


def _reads(binder: Binder, case: Case, *, repeat: bool) -> tuple[Scores | None, Scores | None]:
    found: dict[int, Scores] = {}
    for slot in binder.slots:
        if slot.case_id == case.id and slot.repeat is repeat and not slot.settles:
            read = binder.reads.get(slot.id)
            if read is not None:
                found[slot.account_id] = read.scores[Pane.VISIT]
    one, other = binder.campaign.plan.readers
    return found.get(one), found.get(other)
