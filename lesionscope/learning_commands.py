"""Commands of the terminal that learn from a study, or measure it again beside what is recorded."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from lesionscope import places
from lesionscope.exchange.csv_table import csv_table
from lesionscope.model.taught import Depth
from lesionscope.terminal import Name, acting, refused

_JUDGED = ("item", "answers", "patients", "loss_before", "loss_after", "exact_before",
           "exact_after", "refusal")  # fmt: skip
_NEXT = (
    "Try it beside the record: lesionscope rescore --shadow --model {out}. Use it: "
    "LESIONSCOPE_MODELS={out} lesionscope serve; without that the network shipped suggests again."
)
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
    depth: Annotated[
        Depth,
        typer.Option(
            help="What is fitted: two numbers an item, the heads of the grading network, or all "
            'of it. The last two need torch: pip install "lesionscope[train]".'
        ),
    ] = Depth.RECALIBRATION,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where what was learnt is written; it holds no picture. Default: "
            "recalibration.json, or the folder learnt."
        ),
    ] = None,
    work: Annotated[
        Path, typer.Option(help="Where drawn lesions are kept between runs (network only).")
    ] = Path("build/from_study"),
) -> None:
    """Learn from signed readings: a recalibration, the heads or the whole grading network.

    It is written beside what is in use and changes nothing. A recalibration is adopted on the page
    Learning; a network is tried with lesionscope rescore, and used with LESIONSCOPE_MODELS=FOLDER.
    """
    if not from_study:
        raise typer.BadParameter(
            "say --from-study; the networks themselves are trained with make train"
        )
    if depth is Depth.RECALIBRATION:
        _recalibrate(name, out or Path("recalibration.json"))
    else:
        _learn_on(name, depth, out or Path("learnt"), work)


def _recalibrate(name: str, out: Path) -> None:
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


def _learn_on(name: str, depth: Depth, out: Path, work: Path) -> None:
    """Fit heads or network, and write a folder of networks where it helped."""
    if out.exists() and any(out.iterdir()):
        raise typer.BadParameter(f"{out} holds something already", param_hint="--out")
    try:
        from lesionscope.model import export, from_study
    except ModuleNotFoundError as missing:
        raise refused(
            f'{missing.name} is not installed: pip install "lesionscope[train]"'
        ) from missing
    from lesionscope.study_lesions import taught_lesions

    with acting(name) as (store, reader):
        taught, left_out = taught_lesions(store, reader, store.confirmed_answers(reader))
    net = export.load_trained(places.models_folder())
    drawn = partial(from_study.drawn_beside, work, len(taught))
    if depth is Depth.HEADS:
        learnt, judged = from_study.learn_heads(net, taught)
    else:
        learnt, judged = from_study.learn_network(net, taught, drawn)
    _print_table([asdict(each) for each in judged], _JUDGED)
    signed, seen = from_study.counts(taught)
    said = (
        f"{signed} signed levels on {len(taught)} lesions, {seen} of them with the suggestion in "
        f"view; {left_out} answers without their lesion left out."
    )
    if not from_study.usable(judged, depth):
        typer.echo(f"{said} Nothing was learnt that may be used; nothing is written.")
        raise typer.Exit(1)
    facts = {"depth": depth.value, "signed": signed, "seen": seen, "lesions": len(taught)}
    beside = drawn() if depth is Depth.NETWORK else None
    file = from_study.write_learnt(learnt, out, judged, facts=facts, drawn=beside)
    typer.echo(f"{said} Written to {out} as {from_study.version_of(file)}. {_NEXT.format(out=out)}")


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
