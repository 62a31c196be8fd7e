"""The measuring process itself: waits for photos, answers each, ends with its parent.

Run as ``python -m lesionscope.apart.worker FD``, never by hand: FD is its end of a socket.
"""

from __future__ import annotations

import json
import socket
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from lesionscope.apart.channel import Channel
from lesionscope.apart.limits import Limits, bound_this_process, peak_memory_mb
from lesionscope.apart.task import task_from
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.faults import fault_sentence
from lesionscope.imaging.decode import UnreadableImage
from lesionscope.pipeline import default_grader, default_marker, default_segmenter, measure
from lesionscope.pipeline import read_photo as read

OUT_OF_MEMORY = (
    "This picture needs more memory than one photo may use. Export it at a smaller size."
)

# How the libraries say that an allocation failed: NumPy, OpenCV, ONNX Runtime, the C++ library.
_NO_MEMORY = ("unable to allocate", "insufficient memory", "failed to allocate", "bad_alloc",
              "bad allocation", "out of memory", "cannot allocate memory")  # fmt: skip


def main(end: socket.socket, limits: Limits) -> None:
    """Answer until the other end is closed.

    Parameters
    ----------
    end : socket
        Connected to the process that asks.
    limits : Limits
        What this process may use once its networks are loaded.
    """
    warnings.simplefilter("ignore")
    channel = Channel(end)
    for load in (default_segmenter, default_marker, default_grader):
        load()
    bound_this_process(limits)
    channel.send({"ready": True, "memory_mb": peak_memory_mb()})
    while True:
        try:
            head, blobs = channel.receive()
            answer, files = answered(head, blobs)
            channel.send(answer | {"memory_mb": peak_memory_mb()}, files)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def answered(head: Mapping[str, Any], blobs: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Do what was asked with a photo.

    Parameters
    ----------
    head : mapping
        ``do`` (``"read"`` or ``"measure"``), ``task``, and ``files``: whether masks are wanted.
    blobs : list of bytes
        The photo's file.

    Returns
    -------
    head : dict
        ``refused`` or ``fault`` with a sentence, or what was found.
    files : list of bytes
        In the order of ``files`` in the head.
    """
    try:
        return _ACTS[head["do"]](head, blobs[0])
    except UnreadableImage as refused:
        return {"refused": str(refused)}, []
    except Exception as error:  # a hostile file makes the libraries raise nearly anything
        said = str(error).lower()
        if isinstance(error, MemoryError) or any(words in said for words in _NO_MEMORY):
            return {"refused": OUT_OF_MEMORY}, []
        return {"fault": fault_sentence(error)}, []


def _read(head: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    photo = read(data, task_from(head["task"]).name)
    return {"sha256": photo.sha256, "size": list(photo.size)}, []


def _measure(head: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    task = task_from(head["task"])
    found = measure(
        read(data, task.name),
        site=task.site,
        marker_mm=task.marker_mm,
        method=task.method,
        body=task.body,
        hand_at=task.hand_at,
    )
    masks = mask_files(found) if head["files"] else {}
    return {"document": document(found), "files": list(masks)}, list(masks.values())


_ACTS: dict[str, Callable[[Mapping[str, Any], bytes], tuple[dict[str, Any], list[bytes]]]] = {
    "read": _read,
    "measure": _measure,
}

if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), Limits(**json.loads(sys.argv[2])))
