"""The parent's side of a measuring process: start it, ask it, end it when it takes too long."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Self

from lesionscope.apart.channel import Channel
from lesionscope.apart.limits import Limits, environment_apart
from lesionscope.apart.task import Task
from lesionscope.faults import debugging
from lesionscope.imaging.decode import BYTE_LIMIT, UnreadableImage

START_SECONDS = 180.0
"""How long loading the networks may take on a busy machine."""


class WorkerLost(RuntimeError):  # noqa: N818 - what happened, and named as such
    """The measuring process ended before it answered: killed, out of memory, or by a fault."""


class MeasuringFault(RuntimeError):  # noqa: N818
    """Measuring failed by a fault of the software; its text is the sentence for a person."""


@dataclass(frozen=True)
class Apart:
    """What a measuring process found.

    Attributes
    ----------
    document : dict
        See `lesionscope.exchange.measurement_json.document`.
    files : dict of str to bytes
        See `lesionscope.exchange.measurement_json.mask_files`; empty unless they were asked for.
    """

    document: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)


class BoundedWorker:
    """One measuring process, started when first asked and again after it has ended.

    Not for several threads at once; see `lesionscope.apart.desk.Desk`.

    Parameters
    ----------
    limits : Limits, optional
        What it may use for a photo.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.memory_mb = 0.0
        """Most memory that any process of this worker has held, MB."""
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._photos = 0
        self._retired = False

    @property
    def pid(self) -> int | None:
        """Number of the running process, if one runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, unless it runs, and wait until its networks are loaded.

        Raises
        ------
        WorkerLost
            If it ended or did not become ready.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        if self._retired:
            raise WorkerLost("the measuring process is no longer wanted")
        ours, theirs = socket.socketpair()
        with theirs:
            limits = json.dumps(asdict(self.limits))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lesionscope.apart.worker", str(theirs.fileno()), limits],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # The readers of files remark on every damaged tag.
                stderr=None if debugging() else subprocess.DEVNULL,
                env=environment_apart(),
                # Ctrl-C is for the process that asks; it ends this one.
                start_new_session=True,
            )
        self._channel, self._photos = Channel(ours), 0
        self._exchange(None, START_SECONDS)

    def read(self, data: bytes, name: str = "") -> str:
        """Make sure that a file is a photo that can be read.

        Parameters
        ----------
        data : bytes
            The file.
        name : str
            Its name, for people only.

        Returns
        -------
        str
            Sha256 of the file.

        Raises
        ------
        UnreadableImage
            With a sentence: it is no photo, or opening it takes more time or memory than allowed.
        WorkerLost
            If the process ended over it.
        MeasuringFault
            If the software is at fault.
        """
        head, _ = self._asked({"do": "read", "task": Task(name).head(), "files": False}, data)
        return str(head["sha256"])

    def measure(self, data: bytes, task: Task, *, files: bool = False) -> Apart:
        """Measure a photo.

        Parameters
        ----------
        data : bytes
            The file.
        task : Task
            How.
        files : bool
            Whether the masks are wanted as well.

        Returns
        -------
        Apart

        Raises
        ------
        UnreadableImage, WorkerLost, MeasuringFault
            See `read`.
        """
        head, blobs = self._asked({"do": "measure", "task": task.head(), "files": files}, data)
        return Apart(head["document"], dict(zip(head["files"], blobs, strict=True)))

    def retire(self) -> None:
        """End the process for good, from any thread: who waits for it is told that it is lost."""
        self._retired = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process at once."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._channel = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _asked(self, head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], list[bytes]]:
        if self._photos >= self.limits.photos:
            self.close()
        self.start()
        self._photos += 1
        # One byte over the limit is enough for it to be refused.
        answer, blobs = self._exchange((head, [data[: BYTE_LIMIT + 1]]), self.limits.seconds)
        if "refused" in answer:
            raise UnreadableImage(answer["refused"])
        if "fault" in answer:
            raise MeasuringFault(answer["fault"])
        return answer, blobs

    def _exchange(
        self, message: tuple[dict[str, Any], list[bytes]] | None, seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        if self._channel is None:
            raise WorkerLost("the measuring process does not run")
        until = time.monotonic() + seconds
        try:
            if message is not None:
                self._channel.send(*message, until=until)
            answer, blobs = self._channel.receive(until=until)
        except TimeoutError:
            self.close()
            if message is None:
                raise WorkerLost("The measuring process did not become ready.") from None
            raise UnreadableImage(
                f"This photo took longer than {seconds:g} seconds and was given up. Export it at a "
                "smaller size, or try again when the machine is less busy."
            ) from None
        except (EOFError, OSError, ValueError, KeyError, TypeError) as error:
            self.close()
            raise WorkerLost(f"The measuring process ended over this photo ({error}).") from error
        self.memory_mb = max(self.memory_mb, float(answer.get("memory_mb", 0)))
        return answer, blobs
