"""Pausing, resuming and closing a campaign early: what the readers may do follows at once."""

from __future__ import annotations

from lesionscope.core.campaign import Standing
from lesionscope.core.people import Act, Reader
from lesionscope.store.blind_words import refuse_telling
from lesionscope.store.campaigns import refuse_readers
from lesionscope.store.case_binder import Binder
from lesionscope.store.case_rows import binder_of
from lesionscope.store.record import Record
from lesionscope.store.tables import campaign_steps


class CampaignStandings(Record):
    """How the campaigns of the store stand."""

    def pause_campaign(self, by: Reader, campaign_id: int, words: str) -> None:
        """Let nobody open or lock a case until the campaign is resumed.

        What readers have entered is kept, and what they enter just then still is.

        Parameters
        ----------
        by : Reader
            Who runs it.
        campaign_id : int
            Which campaign.
        words : str
            Why; the blinded readers read it.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        NotInRecord
            If there is none with this number.
        ValueError
            If it is paused or closed, there is no reason, or the words name what readers must not
            know.
        """
        self._stand(by, campaign_id, Standing.PAUSED, words)

    def resume_campaign(self, by: Reader, campaign_id: int, words: str) -> None:
        """Let a paused campaign be read on.

        Parameters
        ----------
        by : Reader
            Who runs it.
        campaign_id : int
            Which campaign.
        words : str
            What was done meanwhile.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        NotInRecord
            If there is none with this number.
        ValueError
            If it is not paused, there is no reason, or the words name what readers must not know.
        """
        self._stand(by, campaign_id, Standing.RUNNING, words)

    def close_campaign(self, by: Reader, campaign_id: int, words: str) -> None:
        """Close a campaign for good before every case is read and settled.

        What is locked stands; what was unlocked and not signed anew stands as it was locked.

        Parameters
        ----------
        by : Reader
            Who runs it.
        campaign_id : int
            Which campaign.
        words : str
            Why; the blinded readers read it, and the agreement report says it.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        NotInRecord
            If there is none with this number.
        ValueError
            If it is closed or nothing is left to read, there is no reason, or the words name what
            readers must not know.
        """
        self._stand(by, campaign_id, Standing.CLOSED, words)

    def _stand(self, by: Reader, campaign_id: int, wanted: Standing, words: str) -> None:
        words = words.strip()
        if not words:
            raise ValueError(f"to {_VERBS[wanted]} a campaign needs a reason")
        with self._acting(by, Act.RUN_CAMPAIGN) as entry:
            refuse_readers(entry.connection, by, campaign_id)
            binder = binder_of(entry.connection, campaign_id)
            _refuse_change(binder, wanted)
            refuse_telling(entry.connection, campaign_id, words)
            entry.append(
                campaign_steps, campaign_id=campaign_id, standing=wanted.value, words=words
            )
            entry.conclude(
                f"{_VERBS[wanted]} campaign",
                "campaign",
                campaign_id,
                reason=words,
                cases=len(binder.cases),
                read=binder.complete(),
                locked=len(binder.reads),
            )


_VERBS = {Standing.PAUSED: "pause", Standing.RUNNING: "resume", Standing.CLOSED: "close"}


def _refuse_change(binder: Binder, wanted: Standing) -> None:
    now = binder.campaign.standing
    if now is Standing.CLOSED:
        raise ValueError("the campaign was closed early: that is final")
    if wanted is now:
        raise ValueError(f"the campaign is {now.value} already")
    if wanted is Standing.CLOSED and binder.left() == 0:
        raise ValueError("every case is read and settled: there is nothing to close early")
