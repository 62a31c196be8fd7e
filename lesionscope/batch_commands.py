"""The command of the terminal that measures many photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lesionscope.terminal import check_networks, refused, site_asked


def register(commands: typer.Typer) -> None:
    """Add the command to the command line."""
    commands.command()(batch)


def batch(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|LIST|URL", help="Folder of photos, list (.csv, .txt), or URL of either."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the results.")],
    site: Annotated[str, typer.Option(help="Body site where the list names none.")] = "other",
    marker_mm: Annotated[
        float, typer.Option(min=1, max=500, help="Side of the printed marker, in mm.")
    ] = 20.0,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes on this machine; 0: one for each processor.")
    ] = 0,
    scheduler: Annotated[
        str, typer.Option(metavar="tcp://...", help="Dask scheduler whose workers measure.")
    ] = "",
    part: Annotated[
        str, typer.Option(metavar="K/N", help="Only the K-th of N parts of the list.")
    ] = "1/1",
    again: Annotated[
        bool, typer.Option("--again", help="Try those again that failed in an earlier run.")
    ] = False,
    classical: Annotated[
        bool, typer.Option("--classical", help="Mark skin and lesions by colour rules alone.")
    ] = False,
) -> None:
    """Measure many photos; started again, it goes on where it stopped."""
    from lesionscope.cluster.journal import JournalRefused
    from lesionscope.cluster.manifest import BadManifest, Usual, part_of, read_manifest
    from lesionscope.cluster.photo_work import End
    from lesionscope.cluster.progress import Teller
    from lesionscope.cluster.run import Batch, run_batch
    from lesionscope.cluster.scheduler import NoScheduler
    from lesionscope.pipeline import Method

    check_networks()
    method = Method.CLASSICAL if classical else Method.NETWORK
    try:
        items = read_manifest(source, Usual(site_asked(site), marker_mm), part=part_of(part))
        asked = Batch(items, out, method, workers, scheduler, again=again)
        with Teller() as teller:
            count = run_batch(asked, tell=teller.tell)
    except (BadManifest, JournalRefused, NoScheduler) as refusal:
        raise refused(str(refusal)) from refusal
    ends = ", ".join(f"{count.ends[end]} {end.value}" for end in End)
    typer.echo(f"{count.done} of {count.all} photos: {ends}. {teller.rate(count):.2f} photos/s.")
    typer.echo(f"Results: {out} (photos.parquet, lesions.parquet, results.jsonl)")
    if count.ends[End.MEASURED] < count.all:
        raise typer.Exit(1)
