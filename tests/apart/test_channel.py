"""Messages between processes: whole, bounded, and never run."""

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from lesionscope.apart.channel import MOST_BYTES, Channel

Ends = tuple[Channel, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    yield Channel(ours), theirs
    ours.close()
    theirs.close()


def test_message_arrives_as_it_was_sent(ends: Ends) -> None:
    channel, other = ends
    Channel(other).send({"do": "read", "n": 1.5}, [b"", b"\x00\xff" * 900])
    assert channel.receive() == ({"do": "read", "n": 1.5}, [b"", b"\x00\xff" * 900])


def test_end_of_the_other_side_is_told(ends: Ends) -> None:
    channel, other = ends
    other.sendall(struct.pack(">I", 90) + b"half")
    other.close()
    with pytest.raises(EOFError):
        channel.receive()


def test_silence_ends_in_time(ends: Ends) -> None:
    channel, _ = ends
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        channel.receive(until=begun + 0.1)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "text",
    [
        b"\x80\x04\x95.",  # a pickle is no message
        b'{"head":{},"blobs":[-1]}',
        b'{"head":{},"blobs":[%d]}' % (MOST_BYTES + 1),
        b'{"head":[[1]],"blobs":[]}',
        b"[]",
    ],
)
def test_what_is_no_message_is_refused(ends: Ends, text: bytes) -> None:
    channel, other = ends
    other.sendall(struct.pack(">I", len(text)) + text)
    with pytest.raises((ValueError, KeyError, TypeError)):
        channel.receive()


def test_head_that_claims_gigabytes_is_refused(ends: Ends) -> None:
    channel, other = ends
    other.sendall(b"\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="4294967295"):
        channel.receive()
