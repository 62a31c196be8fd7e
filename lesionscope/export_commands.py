"""The command of the terminal that takes a whole study out of the record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lesionscope.core.exchange_format import ExchangeFormat


def register(commands: typer.Typer) -> None:
    """Add the command to the command line."""
    commands.command("export-study")(export_study)


def export_study(
    user: Annotated[str, typer.Option(help="Name that you sign in with.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="New folder for the export.")],
    holds: Annotated[
        list[ExchangeFormat] | None,
        typer.Option(help="What it holds; may be given more than once. By default the tables."),
    ] = None,
) -> None:
    """Write a whole study into a folder, as tables and in the exchange formats of the field.

    Patients are named by pseudonym. What left, and by whose hand, is in the audit trail.
    """
    from lesionscope.store import NotAllowed, SignInRefused
    from lesionscope.store.store import Store
    from lesionscope.study_export import MANIFEST, write_export

    try:
        with Store.open() as store:
            password = typer.prompt(f"Password of {user}", hide_input=True, err=True)
            by = store.authenticate(user, password)
            receipt = write_export(store, by, out, kinds=holds or [ExchangeFormat.TABLES])
    except (NotAllowed, SignInRefused, FileExistsError, ValueError) as refused:
        words = str(refused)
        typer.secho(f"{words[:1].upper()}{words[1:].rstrip('.')}.", fg="red", bold=True, err=True)
        raise typer.Exit(1) from refused
    typer.echo(
        f"{receipt.files} files, {receipt.size / 1e6:.1f} MB, in {out}.\n"
        f"sha256 of {MANIFEST}, as in the audit trail: {receipt.manifest_sha256}"
    )
