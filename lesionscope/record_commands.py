"""Commands about the whole record: backup, restore, plain import and export, proof."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lesionscope.terminal import Name, acting, refused

if TYPE_CHECKING:
    from lesionscope.core.plain_record import LineFault
    from lesionscope.store.import_plan import ImportPlan


def register(commands: typer.Typer) -> None:
    """Add the commands to the command line."""
    commands.command()(backup)
    commands.command()(restore)
    commands.command("import")(import_)
    commands.command()(export)
    commands.command()(verify)


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
        raise refused(str(refusal)) from refusal
    for fault in dict.fromkeys([*made.lost, *faults]):
        refused(fault)
    if made.lost or faults:
        raise refused(f"{file} holds the record as it is, with the faults above")
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
        raise refused(str(refusal)) from refusal
    for fault in faults:
        refused(fault)
    if faults:
        raise refused("the record was restored with the faults above")
    typer.echo(
        f"The record of {made.at:%Y-%m-%d %H:%M} UTC is restored and proved whole: "
        f"{made.rows['events']} events, {made.files} photos and masks."
    )


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Plain record to bring in.")],
    name: Name,
    yes: Annotated[
        bool, typer.Option("--yes", help="Import the good lines without asking.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why scores that came in before are changed.")] = "",
) -> None:
    """Bring patients, visits and scores in from CSV: look at every line first, then all or none."""
    from lesionscope.exchange.plain_record_csv import read_plain_record

    data = file.read_bytes()
    with acting(name) as (store, by):
        read = read_plain_record(data, store.instruments_so_far(by))
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

    if file.exists():
        raise refused(f"{file} is there already; choose another name")
    with acting(name) as (store, by):
        lines = store.plain_record(by)
        table = write_plain_record(lines)
        store.record_export(by, "plain record", sha256=hashlib.sha256(table).hexdigest())
    file.write_bytes(table)
    typer.echo(f"{file}: {len(lines)} lines.")


def verify(
    head: Annotated[
        bool, typer.Option("--head", help="Print the head of the chain, to keep elsewhere.")
    ] = False,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HEAD|FILE",
            help="Compare with a head that was kept, or with each line of a file of them.",
        ),
    ] = None,
) -> None:
    """Prove the record whole: its chain, its photos and its signatures."""
    from lesionscope.places import data_home, database_url
    from lesionscope.store import Store

    if database_url() is None and not (data_home() / "record.sqlite").is_file():
        raise refused(f"there is no record in {data_home()}")
    kept = _kept_heads(against or [])
    with Store.open() as store:
        newest = store.head()
        if newest is None:
            raise refused("the record is empty: nothing was recorded yet")
        if head:
            typer.echo(newest.text)
        faults = [] if head and not kept else store.verify()
        faults += [fault for text in kept if (fault := store.head_fault(text))]
    for fault in faults:
        refused(fault)
    if faults:
        raise typer.Exit(1)
    if not head:
        typer.echo(
            f"The record is whole: {newest.number} events, every row, photo and signature.\n"
            f"Chain head of {newest.at:%Y-%m-%d %H:%M} UTC: {newest.text}"
        )
    if kept:
        number = "1 kept head" if len(kept) == 1 else f"{len(kept)} kept heads"
        typer.echo(f"It goes through {number}.", err=head)


def _kept_heads(given: Sequence[str]) -> list[str]:
    """Return the heads that were given, and those in the lines of the files that were."""
    from lesionscope.store.heads import head_of

    found: list[str] = []
    for text in given:
        path = Path(text)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else [text]
        found += [line for line in lines if line.strip()]
    try:
        for line in found:
            head_of(line)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--against") from error
    if given and not found:
        raise typer.BadParameter("there is no head in it", param_hint="--against")
    return found
