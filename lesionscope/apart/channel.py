"""Messages between two processes: a JSON head and raw bytes, and nothing that can be run.

A pickle from a process that opened a hostile file would run whatever that file made of it.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any

MOST_BYTES = 600_000_000
"""Largest message; the masks of a 100 megapixel photo are far below."""

_PIECE = 1 << 20
_LENGTH = struct.Struct(">I")
Message = tuple[dict[str, Any], list[bytes]]


class Channel:
    """One end of a connection.

    Parameters
    ----------
    end : socket
        Connected; the channel owns it.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def close(self) -> None:
        """Close this end; the other one reads the end of the stream."""
        self._end.close()

    def send(
        self, head: Mapping[str, Any], blobs: Sequence[bytes] = (), *, until: float | None = None
    ) -> None:
        """Send a message.

        Parameters
        ----------
        head : mapping
            Plain values that JSON can hold.
        blobs : sequence of bytes
            What comes with it.
        until : float, optional
            `time.monotonic` at which to give up.

        Raises
        ------
        TimeoutError
            If the other end did not take it in time.
        OSError
            If the other end is gone.
        """
        text = json.dumps({"head": dict(head), "blobs": [len(blob) for blob in blobs]}).encode()
        for part in (_LENGTH.pack(len(text)) + text, *blobs):
            self._wait(until)
            self._end.sendall(part)

    def receive(self, *, until: float | None = None) -> Message:
        """Receive a message.

        Parameters
        ----------
        until : float, optional
            `time.monotonic` at which to give up.

        Returns
        -------
        head : dict
        blobs : list of bytes

        Raises
        ------
        EOFError
            If the other end is gone.
        TimeoutError
            If it was not whole in time.
        ValueError
            If it is no message, or larger than `MOST_BYTES`.
        """
        length = _LENGTH.unpack(self._exactly(_LENGTH.size, until))[0]
        if length > MOST_BYTES:
            raise ValueError(f"a message head of {length} bytes")
        stated = json.loads(self._exactly(length, until))
        sizes = [int(size) for size in stated["blobs"]]
        if min(sizes, default=0) < 0 or sum(sizes) > MOST_BYTES:
            raise ValueError(f"a message of {sum(sizes)} bytes")
        return dict(stated["head"]), [self._exactly(size, until) for size in sizes]

    def _exactly(self, size: int, until: float | None) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            self._wait(until)
            try:
                piece = self._end.recv(min(_PIECE, size - len(pieces)))
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise EOFError("the other end is gone")
            pieces += piece
        return bytes(pieces)

    def _wait(self, until: float | None) -> None:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("out of time")
        self._end.settimeout(left)
