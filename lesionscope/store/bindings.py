"""What signed documents are bound to: their own hash, and the hashes of all that they name.

A row that was changed together with the hash in its event would still betray itself here: the
documents that were signed on it name its old hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from lesionscope.store.chain import sha256_of
from lesionscope.store.rows import Fault, rows_of
from lesionscope.store.tables import ROW_TABLES, Row, campaigns, measurements

Hashes = dict[str, dict[int | str, str]]
"""Noun to the hash of each document of that kind, as it is now, by its number or code."""

_SIGNED_TABLES = tuple(t for t in ROW_TABLES if {"content", "content_sha256"} <= set(t.c.keys()))


def binding_faults(connection: Connection) -> Iterator[Fault]:
    """Compare every signed document, and all that it names, with what was signed.

    Yields
    ------
    (str, str)
        Kind of the broken link, and the sentence that names it.
    """
    hashes = _hashes(connection)
    for table in _SIGNED_TABLES:
        noun = _noun(table.name)
        for row in rows_of(connection, table, "id"):
            here = f"{noun} {row['id']}"
            if sha256_of(str(row["content"])) != row["content_sha256"]:
                yield noun, f"{here} is not what was signed: its hash does not match"
                continue
            for kind, named, sha256 in _named(noun, row):
                if hashes.get(kind, {}).get(named) == sha256:
                    continue
                if kind == "measurement":
                    yield (
                        "signed measurement",
                        f"{here} was signed on measurement {named}, "
                        "whose document is not the same any more",
                    )
                else:
                    yield (
                        f"signed {kind}",
                        f"{here} names {kind} {named}, which is not the same any more",
                    )


def _noun(table: str) -> str:
    """Return what one row of a table is called, as `SignedKind` and the trail call it."""
    return table[:-1].replace("_", " ")


def _hashes(connection: Connection) -> Hashes:
    found: Hashes = {
        "measurement": {
            row["id"]: sha256_of(str(row["document"]))
            for row in rows_of(connection, measurements, "id")
        }
    }
    for table in _SIGNED_TABLES:
        rows = rows_of(connection, table, "id")
        found[_noun(table.name)] = {row["id"]: str(row["content_sha256"]) for row in rows}
    # A blinded read names its campaign by the code that its reader knows.
    found["campaign"] = {
        str(row["code"]): str(row["content_sha256"]) for row in rows_of(connection, campaigns, "id")
    }
    return found


def _named(noun: str, row: Row) -> list[tuple[str, int | str, str]]:
    """Return kind, number or code, and hash of everything that a signed document names."""
    try:
        content: dict[str, Any] = json.loads(row["content"])
        signed: list[tuple[str, int | str, str]] = [
            ("measurement", m["id"], m["document_sha256"]) for m in content.get("measurements", ())
        ]
        signed += [("case read", r["id"], r["content_sha256"]) for r in content.get("reads", ())]
        if "case" in content:
            signed.append(("campaign", content["campaign"]["code"], content["campaign"]["sha256"]))
        if content.get("supersedes") is not None:
            signed.append((noun, content["supersedes"], content["supersedes_sha256"]))
        if "of" in content:
            of = content["of"]
            signed.append((of["kind"], of["id"], of["content_sha256"]))
        if "request" in content:
            request = content["request"]
            signed.append(("unlock request", request["id"], request["content_sha256"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        return []  # forged together with its hash: its event does not match it either
    return signed
