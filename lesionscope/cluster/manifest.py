"""What to measure: the photos of a folder, of a bucket, or of a list, each with its site."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import splitext
from typing import Any

import fsspec

from lesionscope.core.sites import Site, site_named
from lesionscope.imaging.decode import ENDINGS

COLUMNS = ("photo", "site", "marker_mm")
"""Columns of a list; only the first is needed."""


class BadManifest(ValueError):  # noqa: N818 - a refusal, and named as one
    """A list that cannot be worked through; its text names the line and what is wrong."""


@dataclass(frozen=True)
class Item:
    """One photo to measure.

    Attributes
    ----------
    number : int
        Place in the list, from 0; results are sorted by it.
    photo : str
        Path or URL.
    site : Site
        The body site that it was taken for.
    marker_mm : float
        Side of the printed marker, mm.
    """

    number: int
    photo: str
    site: Site
    marker_mm: float

    @property
    def key(self) -> str:
        """Return what tells this piece of work from any other, whatever its place in the list."""
        stated = f"{self.photo}\n{self.site.value}\n{self.marker_mm!r}"
        return hashlib.sha256(stated.encode("utf-8", "surrogateescape")).hexdigest()[:20]


@dataclass(frozen=True)
class Usual:
    """What holds for each photo of which a list says nothing else.

    Attributes
    ----------
    site : Site
        Body site.
    marker_mm : float
        Side of the printed marker, mm.
    """

    site: Site = Site.OTHER
    marker_mm: float = 20.0


def part_of(text: str) -> tuple[int, int]:
    """Read which part of a list is meant.

    Parameters
    ----------
    text : str
        ``"K/N"``.

    Returns
    -------
    tuple of int

    Raises
    ------
    BadManifest
        If it is not of this form, or there is no such part.

    Examples
    --------
    >>> part_of("2/3")
    (2, 3)
    """
    k, _, n = text.partition("/")
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise BadManifest(f"--part must be K/N with 1 <= K <= N, got {text}.")
    return int(k), int(n)


def read_manifest(source: str, usual: Usual, *, part: tuple[int, int] = (1, 1)) -> list[Item]:
    """List the photos of a source.

    Parameters
    ----------
    source : str
        A folder, searched to any depth; a photo; or a list: ``.csv`` with the columns `COLUMNS`,
        ``.txt`` with one photo a line. A path of this machine or any URL that fsspec opens. Photos
        of a list are found beside it, unless they are absolute.
    usual : Usual
        For what is not stated.
    part : tuple of int
        (k, n): only the k-th of n equal parts, for n machines with one list.

    Returns
    -------
    list of Item
        In the order of the list, or of the names in a folder; what is named twice comes once.

    Raises
    ------
    BadManifest
        If it does not exist, names no photo, or a line is wrong.
    """
    listed: dict[str, Item] = {}
    for photo, site, marker_mm in _rows(source, usual):
        item = Item(len(listed), photo, site, marker_mm)
        listed.setdefault(item.key, item)
    if not listed:
        raise BadManifest(f"There is no photo in {source} ({', '.join(ENDINGS)}).")
    items = list(listed.values())
    k, n = part
    return items[len(items) * (k - 1) // n : len(items) * k // n]


def _rows(source: str, usual: Usual) -> Iterator[tuple[str, Site, float]]:
    files, path = fsspec.core.url_to_fs(source)
    ending = splitext(path)[1].lower()
    if files.isdir(path):
        found = sorted(name for name in files.find(path) if _is_photo(name, path))
        yield from ((_address(files, name), usual.site, usual.marker_mm) for name in found)
    elif not files.exists(path):
        raise BadManifest(f"There is no {source}.")
    elif ending in (".csv", ".txt"):
        text = files.cat_file(path).decode("utf-8-sig", "surrogateescape")
        beside = path.rsplit("/", 1)[0]
        for line, row in _lines(text, ending):
            photo, site, marker_mm = _row(row, usual, f"{source}, line {line}")
            yield _found_beside(files, beside, photo), site, marker_mm
    else:
        yield _address(files, path), usual.site, usual.marker_mm


def _is_photo(name: str, under: str) -> bool:
    inside = name[len(under) :].split("/")
    return name.lower().endswith(ENDINGS) and not any(part.startswith(".") for part in inside)


def _address(files: Any, path: str) -> str:
    return path if "file" in files.protocol else str(files.unstrip_protocol(path))


def _found_beside(files: Any, beside: str, photo: str) -> str:
    if "://" in photo or photo.startswith("/"):
        return photo
    return _address(files, f"{beside}/{photo}")


def _lines(text: str, ending: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    if ending == ".txt":
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                yield number, {"photo": line.strip()}
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    _check_columns(reader.fieldnames or ())
    for row in reader:
        yield reader.line_num, row


def _check_columns(names: Iterable[str]) -> None:
    given = list(names)
    other = [name for name in given if name not in COLUMNS]
    if "photo" not in given or other:
        raise BadManifest(
            f"The first line must name the columns {', '.join(COLUMNS)} (photo at least), got "
            f"{', '.join(given) or 'nothing'}."
        )


def _row(row: Mapping[str, str], usual: Usual, where: str) -> tuple[str, Site, float]:
    photo = row["photo"].strip()
    if not photo or row.get(""):
        raise BadManifest(f"{where}: a line must have one photo and no more cells than columns.")
    try:
        site = site_named(row["site"]) if row.get("site") else usual.site
        marker_mm = float(row["marker_mm"]) if row.get("marker_mm") else usual.marker_mm
    except ValueError as error:
        raise BadManifest(f"{where}: {error}.") from error
    if not 1 <= marker_mm <= 500:
        raise BadManifest(f"{where}: marker_mm must be 1 to 500, got {marker_mm:g}.")
    return photo, site, marker_mm
