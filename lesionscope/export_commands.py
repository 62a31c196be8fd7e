"""The commands of the terminal that take a whole study out, and released pictures in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lesionscope.core.exchange_format import ExchangeFormat
from lesionscope.terminal import Name, acting, refused


def register(commands: typer.Typer) -> None:
    """Add the commands to the command line."""
    commands.command("export-study")(export_study)
    commands.command("import-package")(import_package)


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
    from lesionscope.exchange.package_reader import MANIFEST
    from lesionscope.study_export import write_export

    try:
        with acting(name) as (store, by):
            receipt = write_export(store, by, out, kinds=holds or [ExchangeFormat.TABLES])
    except FileExistsError as refusal:
        raise refused(str(refusal)) from refusal
    typer.echo(
        f"{receipt.files} files, {receipt.size / 1e6:.1f} MB, in {out}.\n"
        f"sha256 of {MANIFEST}, as in the audit trail: {receipt.manifest_sha256}"
    )


def import_package(
    package: Annotated[
        Path, typer.Argument(metavar="PACKAGE", help="Folder or ZIP with de-identified pictures.")
    ],
    name: Name,
    prefix: Annotated[
        str, typer.Option(help="Put before every pseudonym, such as C2-, to tell centres apart.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Import without asking.")] = False,
) -> None:
    """Bring de-identified pictures of another record in, ready to be read blind.

    Every file is held against the manifest first. The photos are released under your name: look at
    them before you confirm. They come in whole, in one act of the audit trail, or not at all.
    """
    from lesionscope.exchange.package_reader import opened_package

    with acting(name) as (store, by), opened_package(package) as found:
        patients = len({one.patient for one in found.pictures})
        typer.echo(
            f"Package of study {found.study}, made by LesionScope {found.software_version}: "
            f"{len(found.pictures)} pictures of {patients} patients.\n"
            f"sha256 of its manifest: {found.manifest_sha256}\n"
            "Compare it with the one that its sender tells you."
        )
        if not yes:
            typer.confirm("Import, and release the photos under your name?", abort=True)
        receipt = store.import_package(by, found, prefix=prefix)
    typer.echo(
        f"{receipt.photos} photos of {receipt.patients} patients at {receipt.visits} visits are in "
        "the record. Start a campaign on the page Read campaigns."
    )
