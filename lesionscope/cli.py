"""The command line: measure photos, serve the app, seed the demo, examine the installation.

Commands load what they need when they run, so that `lesionscope --version` answers at once.
A person who uses this sees sentences and never a traceback; `LESIONSCOPE_DEBUG=1` shows it.
"""

from __future__ import annotations

import sys
import warnings
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from lesionscope import __version__
from lesionscope.faults import debugging, fault_sentence

if TYPE_CHECKING:
    from lesionscope.batch import Job, Outcome
    from lesionscope.core.sites import Site

commands = typer.Typer(
    name="lesionscope",
    help="Measure cutaneous dermatomyositis from clinical photos. "
    "Research tool, not a medical device: the machine suggests, a clinician signs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_NOT_MEASURABLE = "-"


def app() -> int:
    """Run the command line and return its exit code."""
    # What the readers of files remark on metadata is judged, in words, by imaging.decode.
    warnings.simplefilter("ignore")
    try:
        commands()
    except Exception as error:
        if debugging():
            raise
        _say(fault_sentence(error))
        return 1
    return 0


def _say(sentence: str) -> None:
    Console(stderr=True).print(escape(sentence), style="bold red", highlight=False, soft_wrap=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lesionscope {__version__}")
        raise typer.Exit


@commands.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def _site(text: str) -> Site:
    from lesionscope.core.sites import site_named

    try:
        return site_named(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@commands.command()
def measure(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos to measure.")],
    site: Annotated[str, typer.Option(help="Body site or view, such as abdomen.")] = "other",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write masks, overlay and JSON here.")
    ] = None,
    marker_mm: Annotated[
        float, typer.Option(min=1, max=500, help="Side of the printed marker, in mm.")
    ] = 20.0,
    classical: Annotated[
        bool, typer.Option("--classical", help="Mark skin and lesions by colour rules alone.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list and nothing else.")
    ] = False,
) -> None:
    """Measure photos: lesions, body surface area, suggested sub-scores."""
    from lesionscope.batch import Job
    from lesionscope.pipeline import Method

    _check_networks()
    method = Method.CLASSICAL if classical else Method.NETWORK
    rows = _measured(Job(tuple(photos), _site(site), marker_mm, out, method))
    if as_json:
        from lesionscope.exchange.measurement_json import json_text

        typer.echo(json_text([row.entry() for row in rows]), nl=False)
    else:
        _print_rows(rows)
    if any(row.error for row in rows):
        raise typer.Exit(1)


def _check_networks() -> None:
    from lesionscope.pipeline import default_grader, default_segmenter

    try:
        default_segmenter()
        default_grader()
    except Exception as error:  # a damaged ONNX file raises what its reader likes
        if debugging():
            raise
        _say(f"A network of the software cannot be loaded ({error}).")
        _say("Run `lesionscope doctor` to see what is missing.")
        raise typer.Exit(1) from error


def _measured(job: Job) -> list[Outcome]:
    from lesionscope.batch import outcomes

    rows: list[Outcome] = []
    with _progress() as progress:
        task = progress.add_task(escape(job.photos[0].name), total=len(job.photos))
        for row in outcomes(job):
            rows.append(row)
            following = job.photos[len(rows)].name if len(rows) < len(job.photos) else ""
            progress.update(task, completed=len(rows), description=escape(following))
            if row.renamed:
                told = f"{row.photo}: that name is taken, its results are called {row.name}."
                progress.console.print(escape(told), highlight=False, soft_wrap=True)
    return rows


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )


def _print_rows(rows: Sequence[Outcome]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("photo", overflow="fold")
    for heading in ("% BSA (90 %)", "adjusted %", "cm2", "lesions", "ery", "scale", "ero"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("ruler", overflow="fold")
    for row in rows:
        table.add_row(escape(row.name), *_cells(row), style="red" if row.error else "")
    # Wide enough for a row when the output is a file or a pipe.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for row in rows:
        for line in _remarks(row):
            console.print(f"[bold]{escape(row.name)}[/bold]  {line}", soft_wrap=True)
    console.print(
        f"{_NOT_MEASURABLE} is not measurable, not zero. ery, scale, ero: suggested levels of the "
        "worst lesion; a score is what a clinician signs.",
        style="dim",
        soft_wrap=True,
    )


def _cells(row: Outcome) -> tuple[str, ...]:
    found = row.document
    if found is None:
        return ("not measured", *[""] * 7)
    levels = (found[item] for item in ("erythema", "scale", "erosion"))
    return (
        _with_interval(found, "bsa_percent"),
        _with_interval(found, "bsa_percent_adjusted"),
        _with_interval(found, "area_cm2"),
        str(len(found["lesions"])),
        *(_NOT_MEASURABLE if level is None else str(level) for level in levels),
        found["calibration"]["source"],
    )


def _with_interval(found: dict[str, Any], key: str) -> str:
    if found[key] is None:
        return _NOT_MEASURABLE
    value, low, high = (found[f"{key}{end}"] for end in ("", "_low", "_high"))
    digits = 2 if high < 10 else 1 if high < 100 else 0
    return f"{value:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def _remarks(row: Outcome) -> list[str]:
    if row.document is None:
        return [f"[red]{escape(row.error)}[/red]"]
    colours = {"warning": "yellow", "serious": "red"}
    return [
        f"[{colours[finding['severity']]}]{finding['severity']}[/]  "
        + escape(f"{finding['message']} {finding['advice']}".strip())
        for finding in row.document["findings"]
        if finding["severity"] in colours
    ]


@commands.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser.")
    ] = False,
) -> None:
    """Serve the app on this machine until Ctrl-C."""
    from lesionscope.serving import CannotServe, serve_app

    typer.echo("Starting LesionScope ...")
    try:
        serve_app(host, port, ready=lambda address: _announce(address, browse=not no_browser))
    except CannotServe as refused:
        _say(str(refused))
        raise typer.Exit(1) from refused


def _announce(address: str, *, browse: bool) -> None:
    from lesionscope.demo_sign_in import finished_demo, how_to_sign_in
    from lesionscope.store import Store

    demo_access = finished_demo()
    with Store.open() as store:
        if demo_access is not None:
            how = f"Sign in with your account, or with {how_to_sign_in(demo_access)}."
        elif store.has_owner():
            how = "Sign in with your account."
        else:
            how = "The first page makes the owner's account: choose its name and password there."
    typer.echo(f"LesionScope answers at {address}\n{how}\nCtrl-C stops it.")
    if browse:
        webbrowser.open(address)


@commands.command()
def demo() -> None:
    """Put the demo study of rendered patients into the data folder."""
    _seed_demo()


def _seed_demo() -> None:
    from lesionscope.demo_sign_in import finished_demo, how_to_sign_in

    ready = finished_demo()
    if ready is not None:  # at every later start: nothing heavy is loaded to find that out
        typer.echo(f"Demo study: sign in with {how_to_sign_in(ready)}.")
        return
    from lesionscope.demo import seed_demo_home

    with _progress() as progress:
        task = progress.add_task("demo study", total=None)

        def tell(doing: str, done: int, of: int) -> None:
            progress.update(task, description=escape(doing), completed=done, total=of)

        access = seed_demo_home(
            progress=tell,
            # At once, not at the end: a person can sign in while photos are still measured.
            announce=lambda access: typer.echo(
                f"Demo study: sign in with {how_to_sign_in(access)}."
            ),
        )
    if access is None:
        typer.echo("The record has an owner already: the demo study was not added.")


@commands.command()
def doctor() -> None:
    """Check the installation and say what is missing."""
    from lesionscope.doctor import State, examine

    colours = {State.OK: "green", State.NOTE: "yellow", State.FAULT: "bold red"}
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    faults = 0
    table = Table(box=None, show_header=False, pad_edge=False)
    with console.status("Looking ..."):
        for check in examine():
            faults += check.state is State.FAULT
            colour = colours[check.state]
            table.add_row(f"[{colour}]{check.state}[/]", check.what, escape(check.found))
    console.print(table)
    if faults:
        word = "fault" if faults == 1 else "faults"
        _say(f"{faults} {word}: see the lines above.")
        raise typer.Exit(1)
    console.print("Everything needed is there.", style="green")
