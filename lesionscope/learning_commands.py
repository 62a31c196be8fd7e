"""Commands of the terminal that learn from a study, or measure it again beside what is recorded."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from lesionscope import places
from lesionscope.exchange.csv_table import csv_table
from lesionscope.terminal import Name, acting

_SHOWN = ("item", "answers", "patients", "slope", "shift", "loss_before", "loss_after", "refusal")


def register(commands: typer.Typer) -> None:
    """Add the commands to the command line."""
    commands.command()(train)
    commands.command()(rescore)


def train(
    name: Name,
    from_study: Annotated[
        bool, typer.Option("--from-study", help="Learn from the signed readings of this record.")
    ] = False,
    out: Annotated[
        Path, typer.Option(help="Where the recalibration is written; it holds no picture.")
    ] = Path("recalibration.json"),
) -> None:
    """Learn a recalibration of the suggestions from signed readings.

    It is written to a file and changes nothing; to use it, adopt it on the page Learning.
    """
    if not from_study:
        raise typer.BadParameter(
            "say --from-study; the networks themselves are trained with make train"
        )
    from lesionscope.model.runtime import Grader
    from lesionscope.scoring.recalibration import learn

    with acting(name) as (store, reader):
        adopted = {each.name: each.adjustments for each in store.recalibrations(reader)}
        learnt = learn(store.confirmed_answers(reader), Grader.load().version, adopted)
    out.write_text(json.dumps(learnt, indent=1) + "\n")
    rows = [{"item": item, **part} for item, part in learnt["items"].items()]
    _print_table(rows, _SHOWN)
    usable = sum(not row["refusal"] for row in rows)
    typer.echo(
        f"{learnt['answers']} answers to this network, {learnt['unseen']} of them given without "
        f"seeing a suggestion. {usable} of {len(rows)} items may be adopted. Written to {out}."
    )


def rescore(
    name: Name,
    model: Annotated[
        Path, typer.Option(help="Folder with the networks to try; those missing stay as they are.")
    ],
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Beside what is recorded; there is no other way.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the drift tables.")] = Path("rescored"),
) -> None:
    """Measure a study again with other networks, and say what would change."""
    if not shadow:
        raise typer.BadParameter("say --shadow: results on record are never overwritten")
    with _networks(model), acting(name) as (store, reader):
        # Loaded after the folder is set, so that the networks come from there.
        from lesionscope.decided import measured_as_decided, recalibrated
        from lesionscope.pipeline import default_grader
        from lesionscope.rescoring import item_rows, photo_rows, shadows, visit_rows

        measured = partial(measured_as_decided, grader=recalibrated(store, default_grader()))
        every = shadows(store, reader, measured)
        found = list(track(every, "measuring again", transient=True))
    if not found:
        typer.echo("No photo of this record was measured by software yet.")
        raise typer.Exit(1)
    out.mkdir(parents=True, exist_ok=True)
    tables = {"items": item_rows(found), "visits": visit_rows(found), "photos": photo_rows(found)}
    for name, rows in tables.items():
        _write_csv(out / f"{name}.csv", rows)
    _print_table(tables["items"], tuple(tables["items"][0]))
    crossing = [row for row in tables["visits"] if row["crosses"]]
    _print_table(crossing, ("patient", "visit", "crosses"))
    refused = sum(bool(row["refused"]) for row in tables["photos"])
    typer.echo(
        f"{len(found)} photos of {len(tables['visits'])} visits measured beside the record, "
        f"{refused} could not be. {len(crossing)} visits would cross a bound. Written to {out}."
    )


@contextmanager
def _networks(folder: Path) -> Iterator[None]:
    """Let the networks of a folder stand in for those shipped, for as long as this lasts."""
    tried = sorted(folder.glob("*.onnx"))
    if not tried:
        raise typer.BadParameter(f"{folder} holds no network (*.onnx)", param_hint="--model")
    with tempfile.TemporaryDirectory() as scratch:
        for file in (*places.models_folder().iterdir(), *tried):
            if file.is_file():
                shutil.copyfile(file, Path(scratch) / file.name)
        before = os.environ.get(places.MODELS)
        os.environ[places.MODELS] = scratch
        try:
            yield
        finally:
            if before is None:
                del os.environ[places.MODELS]
            else:
                os.environ[places.MODELS] = before


def _write_csv(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = list(rows[0]) if rows else ["nothing"]
    file.write_bytes(csv_table(columns, ([row[name] for name in columns] for row in rows)))


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*("-" if row[name] is None else str(row[name]) for name in columns))
    if rows:
        Console(highlight=False, width=140).print(table)
