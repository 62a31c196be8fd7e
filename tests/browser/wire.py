"""A wire between browser and server that a test can cut, or let fall silent, and mend."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Wire:
    """Pass bytes on between a loopback port of its own and the server at an address.

    Parameters
    ----------
    url : str
        Address of the server; `Wire.url` is that of the near end.
    """

    def __init__(self, url: str) -> None:
        self._far = (str(urlsplit(url).hostname), int(urlsplit(url).port or 80))
        self._whole = threading.Event()
        self._whole.set()
        self._open: set[socket.socket] = set()
        self._near = self._listen(0)
        self._port = self._near.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def _listen(self, port: int) -> socket.socket:
        near = socket.socket()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        near.bind(("127.0.0.1", port))
        near.listen(64)
        threading.Thread(target=self._accept, args=(near,), daemon=True).start()
        return near

    def _accept(self, near: socket.socket) -> None:
        while True:
            try:
                caller, _ = near.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._far)
            except OSError:
                caller.close()
                continue
            self._open |= {caller, server}
            for one, other in ((caller, server), (server, caller)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                self._whole.wait()
                other.sendall(data)
        for end in (one, other):
            self._shut(end)

    def _shut(self, end: socket.socket) -> None:
        self._open.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Drop every connection and refuse new ones, as when the server or the network is gone."""
        self._shut(self._near)
        for end in list(self._open):
            self._shut(end)
        try:
            yield
        finally:
            self._near = self._listen(self._port)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Hold every byte back, as when the server hangs or a cable is pulled; then deliver all."""
        self._whole.clear()
        try:
            yield
        finally:
            self._whole.set()

    def close(self) -> None:
        """End the wire."""
        self._whole.set()
        for end in (self._near, *list(self._open)):
            self._shut(end)
