"""How many requests a client may make: by its token, and by its address before it has signed in.

Each client has a bucket that fills at a steady rate; a request takes one out. A token counts as a
client once a request under it was admitted: made-up tokens count on the address they come from.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

PER_MINUTE = "LESIONSCOPE_API_PER_MINUTE"
"""Requests a minute of a client that has signed in."""
PER_MINUTE_UNSIGNED = "LESIONSCOPE_API_PER_MINUTE_UNSIGNED"
"""Requests a minute of an address before sign-in."""
SIGNED, UNSIGNED = 600, 60
MOST_CLIENTS = 10_000
"""Buckets kept; beyond, the one that was used longest ago is forgotten."""


class Pace:
    """Buckets of all clients; for any number of threads.

    Parameters
    ----------
    signed, unsigned : int
        Requests a minute of a token, and of an address; as many may come at once.
    clock : callable
        Seconds that only grow.

    Examples
    --------
    >>> pace = Pace(60, 2, clock=lambda: 0.0)
    >>> [pace.wait("", "192.0.2.7") for _ in range(3)]
    [0, 0, 30]
    """

    def __init__(
        self,
        signed: int = SIGNED,
        unsigned: int = UNSIGNED,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if min(signed, unsigned) < 1:
            raise ValueError(f"a client needs a request a minute, got {signed} and {unsigned}")
        self.signed, self.unsigned, self._clock = signed, unsigned, clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()

    def wait(self, token: str, address: str) -> int:
        """Take a request out of the client's bucket.

        Parameters
        ----------
        token : str
            Of the request; empty without one.
        address : str
            Where it comes from.

        Returns
        -------
        int
            0 if it may go on, else whole seconds after which the next one may.
        """
        key, most = f"address {network_of(address)}", self.unsigned
        with self._lock:
            if token and (named := _key(token)) in self._known:
                key, most = named, self.signed
                self._known.move_to_end(named)
            now = self._clock()
            left, then = self._buckets.get(key, (float(most), now))
            left = min(most, left + (now - then) * most / 60)
            self._buckets[key] = (left - 1 if left >= 1 else left, now)
            self._buckets.move_to_end(key)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
        return 0 if left >= 1 else math.ceil((1 - left) * 60 / most)

    def admit(self, token: str) -> None:
        """Remember that a session is open under a token: from now on it has its own bucket."""
        with self._lock:
            self._known[_key(token)] = None
            self._known.move_to_end(_key(token))
            if len(self._known) > MOST_CLIENTS:
                self._known.popitem(last=False)

    def forget(self, token: str) -> None:
        """Forget a token whose session has ended."""
        with self._lock:
            self._known.pop(_key(token), None)


def pace_asked() -> Pace:
    """Return the limits that the environment sets, or the usual ones.

    Raises
    ------
    ValueError
        If one is no whole number above 0.
    """
    numbers = []
    for name, usual in ((PER_MINUTE, SIGNED), (PER_MINUTE_UNSIGNED, UNSIGNED)):
        text = os.environ.get(name, "").strip() or str(usual)
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"{name} must be a whole number of requests a minute, got {text!r}")
        numbers.append(int(text))
    return Pace(*numbers)


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network of 64 bits that one household has.

    Examples
    --------
    >>> network_of("192.0.2.7"), network_of("2001:db8::1:2"), network_of("")
    ('192.0.2.7', '2001:db8::/64', 'unknown')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _key(token: str) -> str:
    # The table of clients must not hold tokens that open sessions.
    return f"token {hashlib.sha256(token.encode('utf-8', 'replace')).hexdigest()}"
