"""The third reader: discordant cases, both reads before them without a name, settled for good."""

from __future__ import annotations

from collections.abc import Mapping

from lesionscope.core.case import Scores
from lesionscope.core.people import Act, Reader
from lesionscope.store.case_binder import Binder, Slot
from lesionscope.store.case_rows import slot_of
from lesionscope.store.case_signing import append_read
from lesionscope.store.cases import Cases


class Settlements(Cases):
    """Settlements of the store."""

    def settle_case(
        self,
        by: Reader,
        code: str,
        password: str,
        *,
        choice: int | None = None,
        scores: Mapping[str, Scores] | None = None,
        reason: str,
    ) -> None:
        """Settle a discordant case, by one of the two reads or by scores of one's own.

        Parameters
        ----------
        by : Reader
            The third reader.
        code : str
            Of the case.
        password : str
            The third reader's own, again.
        choice : int or None
            1 or 2: the read that stands, as `BlindCase.others` has them.
        scores : mapping of str to Scores or None
            By side, where neither stands.
        reason : str
            Why.

        Raises
        ------
        NotAllowed
            If `by` may not settle cases.
        SignInRefused
            If the password is wrong, or there were too many wrong tries.
        NotInRecord
            If the third reader has no case of this code.
        ValueError
            If it is not to be settled, was settled, has no reason, not exactly one of `choice` and
            `scores` is given, or the campaign is paused or was closed early.
        """
        if not reason.strip():
            raise ValueError("settling a case needs a reason")
        if (choice is None) == (scores is None):
            raise ValueError("choose one of the two reads or score the case anew, one of both")
        with self._reading(by, Act.SETTLE_CASES) as connection:
            _require_settles(*slot_of(connection, code, by.id))
        self._prove(by.name, password, refusal="signing refused", case=code)
        with self._acting(by, Act.SETTLE_CASES) as entry:
            binder, slot = slot_of(entry.connection, code, by.id)
            _require_settles(binder, slot)
            stands, chosen = scores or {}, None
            if choice is not None:
                chosen, stands = _chosen(binder, slot, choice)
            before = [
                {"id": read.id, "content_sha256": read.content_sha256}
                for read in binder.unnamed(slot.case_id)
            ]
            said = {"note": "", "reason": reason.strip(), "chosen": chosen, "reads": before}
            signed = append_read(entry, by, (binder, slot), stands, said)
            entry.conclude("settle case", "case read", **signed, chosen=chosen)


def _require_settles(_binder: Binder, slot: Slot) -> None:
    if not slot.settles:
        raise ValueError("this case is yours to read, not to settle")


def _chosen(binder: Binder, slot: Slot, choice: int) -> tuple[int, Mapping[str, Scores]]:
    reads = binder.unnamed(slot.case_id)
    if not 1 <= choice <= len(reads):
        raise ValueError(f"choose read 1 or 2, got {choice}")
    read = reads[choice - 1]
    return read.id, {side: read.scores[pane] for side, pane in binder.panes(slot).items()}
