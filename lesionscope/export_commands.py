"""The command of the terminal that takes a whole study out of the record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lesionscope.core.exchange_format import ExchangeFormat
from lesionscope.terminal import Name, acting, refused


def register(commands: typer.Typer) -> None:
    """Add the command to the command line."""
    commands.command("export-study")(export_study)


def export_study(
    name: Name,
    out: Annotated[Path, typer.Option(metavar="DIR", help="New folder for the export.")],
    holds: Annotated[
        list[ExchangeFormat] | None,
        typer.Option(help="What it holds; may be given more than once. By default the tables."),
    ] = None,
) -> None:
    """Write a whole study into a folder, as tables and in the exchange formats of the field.

    Patients are named by pseudonym. What left, and by whose hand, is in the audit trail.
    """
    from lesionscope.study_export import MANIFEST, write_export

    try:
        with acting(name) as (store, by):
            receipt = write_export(store, by, out, kinds=holds or [ExchangeFormat.TABLES])
    except FileExistsError as refusal:
        raise refused(str(refusal)) from refusal
    typer.echo(
        f"{receipt.files} files, {receipt.size / 1e6:.1f} MB, in {out}.\n"
        f"sha256 of {MANIFEST}, as in the audit trail: {receipt.manifest_sha256}"
    )
