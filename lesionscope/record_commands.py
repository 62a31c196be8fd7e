"""Commands about the whole record: backup, restore, import and export of the plain record."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lesionscope.core.people import Reader
    from lesionscope.core.plain_record import LineFault
    from lesionscope.store import Store
    from lesionscope.store.import_plan import ImportPlan

Name = Annotated[str, typer.Option("--as", metavar="NAME", help="Account that acts.")]


def register(commands: typer.Typer) -> None:
    """Add the commands to the command line."""
    commands.command()(backup)
    commands.command()(restore)
    commands.command("import")(import_)
    commands.command()(export)


def _end(sentence: str) -> typer.Exit:
    """Say what was refused and why; the caller raises what comes back."""
    words = sentence.strip().rstrip(".")
    typer.secho(f"{words[:1].upper()}{words[1:]}.", fg="red", bold=True, err=True)
    return typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Backup to write.")],
) -> None:
    """Back up the record and its photos, also while the app is serving, and prove the backup."""
    from lesionscope.store import Store
    from lesionscope.store.refusals import BackupDamaged
    from lesionscope.store.restore import backup_faults

    try:
        with Store.open() as store:
            made = store.backup(file)
        faults = backup_faults(file)
    except (ValueError, BackupDamaged) as refusal:
        raise _end(str(refusal)) from refusal
    for fault in dict.fromkeys([*made.lost, *faults]):
        _end(fault)
    if made.lost or faults:
        raise _end(f"{file} holds the record as it is, with the faults above")
    typer.echo(
        f"{file}: {made.rows['events']} events, {made.files} photos and masks, "
        f"{file.stat().st_size / 1e6:.1f} MB, proved whole.\nChain head: {made.head}\n"
        "It holds patients' photos: keep it where only you can read it."
    )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Backup to restore.")],
    faulty: Annotated[
        bool, typer.Option("--faulty", help="Restore it as it is, also if it is not whole.")
    ] = False,
) -> None:
    """Lay a backup out as the record of this installation, which must have none."""
    from lesionscope.store import Store
    from lesionscope.store.refusals import BackupDamaged, RecordTooNew
    from lesionscope.store.restore import restore_backup

    try:
        made = restore_backup(file, faulty=faulty)
        with Store.open() as store:
            faults = store.verify()
            faults += [fault] if (fault := store.head_fault(made.head)) else []
    except (ValueError, BackupDamaged, RecordTooNew) as refusal:
        raise _end(str(refusal)) from refusal
    for fault in faults:
        _end(fault)
    if faults:
        raise _end("the record was restored with the faults above")
    typer.echo(
        f"The record of {made.at:%Y-%m-%d %H:%M} UTC is restored and proved whole: "
        f"{made.rows['events']} events, {made.files} photos and masks."
    )


def _signed_in(store: Store, name: str) -> Reader:
    from lesionscope.store import SignInRefused

    try:
        return store.authenticate(name, typer.prompt(f"Password of {name}", hide_input=True))
    except SignInRefused as refusal:
        raise _end(str(refusal)) from refusal


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Plain record to bring in.")],
    name: Name,
    yes: Annotated[
        bool, typer.Option("--yes", help="Import the good lines without asking.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why scores that came in before are changed.")] = "",
) -> None:
    """Bring patients, visits and scores in from CSV: look at every line first, then all or none."""
    from lesionscope.core.catalogue import instruments
    from lesionscope.exchange.plain_record_csv import read_plain_record
    from lesionscope.store import NotAllowed, Store

    data = file.read_bytes()
    try:
        with Store.open() as store:
            by = _signed_in(store, name)
            read = read_plain_record(data, instruments(store.instrument_settings(by)))
            plan = store.plan_import(by, read.visits)
            bad = _say_faults((*read.faults, *plan.faults))
            _say_plan(plan)
            if plan.adds_nothing:
                raise typer.Exit(1 if bad else 0)
            if not yes:
                typer.confirm(f"Import {len(plan.visits)} lines?", abort=True)
            store.import_plain_record(
                by,
                plan.visits,
                file=file.name,
                sha256=hashlib.sha256(data).hexdigest(),
                reason=reason,
            )
    except (NotAllowed, ValueError) as refusal:
        raise _end(str(refusal)) from refusal
    typer.echo(f"{len(plan.visits)} lines imported.")
    if bad:
        raise typer.Exit(1)


def _say_faults(faults: tuple[LineFault, ...]) -> bool:
    for fault in sorted(faults, key=lambda fault: fault.line):
        typer.secho(fault.describe(), fg="red", err=True)
    return bool(faults)


def _say_plan(plan: ImportPlan) -> None:
    for sentence in plan.changed:
        typer.secho(sentence, fg="yellow")
    typer.echo(
        f"{len(plan.visits)} good lines: {plan.new_patients} new patients, {plan.new_visits} new "
        f"visits, {plan.new_scores} new scores, {len(plan.changed)} changed; "
        f"{plan.known_scores} are in the record already."
    )


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Plain record to write.")],
    name: Name,
) -> None:
    """Take patients, visits and the scores that count out as CSV, one line a visit."""
    from lesionscope.exchange.plain_record_csv import write_plain_record
    from lesionscope.store import NotAllowed, Store

    if file.exists():
        raise _end(f"{file} is there already; choose another name")
    try:
        with Store.open() as store:
            by = _signed_in(store, name)
            lines = store.plain_record(by)
            table = write_plain_record(lines)
            store.record_export(by, "plain record", sha256=hashlib.sha256(table).hexdigest())
    except (NotAllowed, ValueError) as refusal:
        raise _end(str(refusal)) from refusal
    file.write_bytes(table)
    typer.echo(f"{file}: {len(lines)} lines.")
