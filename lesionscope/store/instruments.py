"""The instruments of the study: every form on the settings of the protocol that counts."""

from __future__ import annotations

from sqlalchemy import Connection

from lesionscope.core.catalogue import InstrumentSettings, instruments
from lesionscope.core.cdasi import CDASI
from lesionscope.core.form import act_of
from lesionscope.core.instrument import Instrument
from lesionscope.core.people import Act, Reader
from lesionscope.store.protocols import newest_protocol, protocols_back
from lesionscope.store.record import Record


class Instruments(Record):
    """Instruments of the store."""

    def instrument_settings(self, by: Reader) -> InstrumentSettings:
        """Return what the study sets of the instruments; nothing is set without a protocol.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return settings_of(connection)

    def instruments_so_far(self, by: Reader) -> dict[str, Instrument]:
        """Return every instrument that the record may hold scores of, by its id.

        The study's own come first, then those that only an earlier protocol had: an amendment
        takes no signed form away.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return instruments_so_far(connection)

    def _asked(self, by: Reader, instrument_id: str) -> tuple[Instrument, Act]:
        """Return a form on the settings of the study, and the right that it needs."""
        with self._reading(by, None) as connection:
            known = instruments(settings_of(connection))
        known.pop(CDASI.id)
        if instrument_id == CDASI.id:
            raise ValueError("the CDASI is signed as a reading of the visit, not as a form")
        if instrument_id not in known:
            raise ValueError(f"the study's forms are {', '.join(known)}; got {instrument_id!r}")
        return known[instrument_id], act_of(known[instrument_id])


def settings_of(connection: Connection) -> InstrumentSettings:
    """Return what the protocol that counts sets of the instruments."""
    protocol = newest_protocol(connection)
    return InstrumentSettings() if protocol is None else protocol.instrument_settings()


def instruments_so_far(connection: Connection) -> dict[str, Instrument]:
    """Return the instruments of the study, then those of its earlier protocols and of none."""
    settings = [one.instrument_settings() for one in protocols_back(connection)]
    found: dict[str, Instrument] = {}
    for one in (*settings, InstrumentSettings()):
        for name, instrument in instruments(one).items():
            found.setdefault(name, instrument)
    return found
