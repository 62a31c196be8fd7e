"""What the record teaches the software: signed answers beside suggestions, and what was adopted.

An adopted recalibration is four or six numbers and the hash of the readings behind them; it stands
in the audit trail whole, the newest last, so that there is no table beside it that could say
otherwise. To give one up is an act of its own, and the older ones stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.people import Act, Reader
from lesionscope.core.reading import AnswerOrigin
from lesionscope.core.sites import Site
from lesionscope.scoring.field_suggestions import FieldSuggestion, suggested_by, worst_first
from lesionscope.scoring.recalibration import Adjustment
from lesionscope.store.chain import canonical_json, sha256_of
from lesionscope.store.record import Record
from lesionscope.store.tables import events, measurements, readings, visits

ADOPT, GIVE_UP = "adopt recalibration", "give up recalibration"


@dataclass(frozen=True)
class Adopted:
    """A recalibration that the study uses, or used.

    Attributes
    ----------
    name : str
        Short name, part of every model version that it had a hand in.
    model_version : str
        The grading network that it belongs to; it is applied to no other.
    adjustments : mapping of str to Adjustment
        By item.
    document : mapping of str to object
        All that was adopted, with the figures it rests on; holds no picture and no patient.
    adopted_by : str
        Name used to sign in.
    adopted_at : datetime
        UTC.
    """

    name: str
    model_version: str
    adjustments: Mapping[str, Adjustment]
    document: Mapping[str, Any]
    adopted_by: str
    adopted_at: datetime


class Learning(Record):
    """What the store's readings teach."""

    def confirmed_answers(self, by: Reader) -> list[ConfirmedAnswer]:
        """Return every signed answer that a suggestion stood beside, of current readings.

        Parameters
        ----------
        by : Reader
            Who asks.

        Returns
        -------
        list of ConfirmedAnswer
            By reading. The suggestion is that of the measurements that were signed with it,
            whether or not the reader saw it; answers of "not assessable" teach nothing.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return list(_confirmed(connection))

    def adopt_recalibration(self, by: Reader, document: Mapping[str, Any]) -> Adopted:
        """Adjust every later suggestion by what signed readings taught.

        Parameters
        ----------
        by : Reader
            Who acts.
        document : mapping of str to object
            From `lesionscope.scoring.recalibration.learn`: ``model_version``, ``items`` with
            slope and shift, and the figures they rest on.

        Returns
        -------
        Adopted

        Raises
        ------
        NotAllowed
            If `by` may not set how the study works.
        ValueError
            If the document lacks a part, or no item of it may be used.
        """
        kept = {**document, "sha256": sha256_of(canonical_json(dict(document)))}
        _adjustments(kept)
        with self._acting(by, Act.SET_PROTOCOL) as entry:
            entry.conclude(ADOPT, "recalibration", None, document=kept)
        found = self.recalibrations(by)[-1]
        return found

    def give_up_recalibration(self, by: Reader, reason: str) -> None:
        """Suggest again as the network itself does.

        Raises
        ------
        NotAllowed
            If `by` may not set how the study works.
        ValueError
            If no recalibration is in use, or no reason is given.
        """
        if not reason.strip():
            raise ValueError("to give up a recalibration needs a reason")
        if self.recalibration() is None:
            raise ValueError("no recalibration is in use")
        with self._acting(by, Act.SET_PROTOCOL) as entry:
            entry.conclude(GIVE_UP, "recalibration", None, reason=reason.strip())

    def recalibration(self) -> Adopted | None:
        """Return the recalibration in use, or None. It holds nothing of a patient."""
        with self._reading(None, None) as connection:
            newest = select(events).where(events.c.act.in_((ADOPT, GIVE_UP)))
            row = connection.execute(newest.order_by(events.c.id.desc()).limit(1)).mappings()
            found = row.first()
        return None if found is None or found["act"] == GIVE_UP else _adopted(dict(found))

    def recalibrations(self, by: Reader) -> list[Adopted]:
        """Return every recalibration that was ever adopted, oldest first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            found = select(events).where(events.c.act == ADOPT).order_by(events.c.id)
            return [_adopted(dict(row)) for row in connection.execute(found).mappings()]


def _adopted(event: dict[str, Any]) -> Adopted:
    document = json.loads(event["detail"])["document"]
    return Adopted(
        name=f"study-{document['sha256'][:8]}",
        model_version=document["model_version"],
        adjustments=_adjustments(document),
        document=document,
        adopted_by=event["who"],
        adopted_at=datetime.fromisoformat(event["at"]),
    )


def _adjustments(document: Mapping[str, Any]) -> dict[str, Adjustment]:
    try:
        used = {
            name: Adjustment(float(part["slope"]), float(part["shift"]))
            for name, part in document["items"].items()
            if not part["refusal"]
        }
        str(document["model_version"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a recalibration needs its model_version and items: {error}") from error
    if not used:
        raise ValueError("no item of this recalibration may be used")
    return used


def _confirmed(connection: Connection) -> Iterator[ConfirmedAnswer]:
    superseded = select(readings.c.supersedes).where(readings.c.supersedes.is_not(None))
    current = (
        select(readings.c.id, readings.c.content, visits.c.patient_id)
        .join(visits, visits.c.id == readings.c.visit_id)
        .where(readings.c.id.not_in(superseded))
        .order_by(readings.c.id)
    )
    for row in connection.execute(current).all():
        content = json.loads(row.content)
        suggested = _suggested(connection, [part["id"] for part in content["measurements"]])
        for key, answer in content["answers"].items():
            found = suggested.get(key)
            if found is None or not isinstance(answer, int):
                continue
            suggestion, document, row_of = found
            yield ConfirmedAnswer(
                patient_id=row.patient_id,
                reading_id=row.id,
                key=key,
                item=suggestion.item,
                probabilities=suggestion.probabilities,
                answer=answer,
                origin=AnswerOrigin(content["origins"][key]),
                skin_tone=document.get("skin_tone"),
                model_version=document.get("model_version", ""),
                photo_id=row_of[0],
                measurement_id=row_of[1],
            )


_Suggested = tuple[FieldSuggestion, dict[str, Any], tuple[int, int]]


def _suggested(connection: Connection, measurement_ids: list[int]) -> dict[str, _Suggested]:
    """Return, for every field, what the worst photo of those measured suggests, and its rows."""
    by_key: dict[str, list[_Suggested]] = {}
    wanted = measurements.c.id.in_(measurement_ids)
    for row in connection.execute(select(measurements).where(wanted)).all():
        document = json.loads(row.document)
        # Where the photo counted when it was measured, whatever became of its assignment since.
        site = document.get("site")
        for suggestion in suggested_by(Site(site), document) if site else ():
            found = (suggestion, document, (row.photo_id, row.id))
            by_key.setdefault(suggestion.key, []).append(found)
    worst = {}
    for key, found_here in by_key.items():
        first = worst_first(suggestion for suggestion, _, _ in found_here)
        if first:
            worst[key] = next(each for each in found_here if each[0] is first[0])
    return worst
