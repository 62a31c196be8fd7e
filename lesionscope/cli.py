"""The command line: measure photos, serve the app, seed the demo, examine the installation.

Commands load what they need when they run, so that `lesionscope --version` answers at once.
A person who uses this sees sentences and never a traceback; `LESIONSCOPE_DEBUG=1` shows it.
"""

from __future__ import annotations

import sys
import warnings
import webbrowser
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from lesionscope import __version__
from lesionscope.batch_commands import register as register_batch
from lesionscope.core.body import ENTERED_SD_OF_LOG, BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.export_commands import register as register_export
from lesionscope.faults import debugging, fault_sentence
from lesionscope.learning_commands import register as register_learning
from lesionscope.record_commands import register as register_record
from lesionscope.terminal import check_networks, refused, site_asked

if TYPE_CHECKING:
    from lesionscope.batch import Job, Outcome
    from lesionscope.core.comparison import Comparison

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


class Page(StrEnum):
    """Paper that the target is printed on."""

    A4 = "a4"
    LETTER = "letter"


def app() -> int:
    """Run the command line and return its exit code."""
    # What the readers of files remark on metadata is judged, in words, by imaging.decode.
    warnings.simplefilter("ignore")
    try:
        commands()
    except Exception as error:
        if debugging():
            raise
        refused(_refusal(error) or fault_sentence(error))
        return 1
    return 0


def _refusal(error: Exception) -> str:
    """Return what the record says of itself when it cannot be opened; empty for a fault."""
    from lesionscope.store.refusals import RecordBusy, RecordTooNew

    return str(error) if isinstance(error, RecordBusy | RecordTooNew) else ""


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
    height_cm: Annotated[float | None, typer.Option(help="Height of the patient, in cm.")] = None,
    weight_kg: Annotated[float | None, typer.Option(help="Weight of the patient, in kg.")] = None,
    sex: Annotated[
        Sex | None, typer.Option(help="Sex of the patient, with height and weight.")
    ] = None,
    hand_cm2: Annotated[
        float | None, typer.Option(help="Area of the patient's own hand, in cm2.")
    ] = None,
    classical: Annotated[
        bool, typer.Option("--classical", help="Mark skin and lesions by colour rules alone.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list and nothing else.")
    ] = False,
) -> None:
    """Measure photos: lesions, body surface area, suggested sub-scores.

    Height, weight, sex and hand are of one patient: name only photos of that patient with them.
    """
    from lesionscope.batch import Job
    from lesionscope.pipeline import Method

    body = _body((height_cm, weight_kg), sex, hand_cm2)
    check_networks()
    method = Method.CLASSICAL if classical else Method.NETWORK
    rows = _measured(Job(tuple(photos), site_asked(site), marker_mm, out, method, body))
    if as_json:
        from lesionscope.exchange.measurement_json import json_text

        typer.echo(json_text([row.entry() for row in rows]), nl=False)
    else:
        _print_rows(rows)
    if any(row.error for row in rows):
        raise typer.Exit(1)


def _body(
    size: tuple[float | None, float | None], sex: Sex | None, hand_cm2: float | None
) -> PatientBody | None:
    height_cm, weight_kg = size
    if (height_cm is None) != (weight_kg is None) or (sex is not None and height_cm is None):
        raise typer.BadParameter(
            "--height-cm and --weight-kg need each other, and --sex needs both"
        )
    try:
        known = None
        if height_cm is not None and weight_kg is not None:
            known = BodySize(height_cm, weight_kg, sex)
        hand = None if hand_cm2 is None else OwnHandprint(hand_cm2, ENTERED_SD_OF_LOG)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return None if known is None and hand is None else PatientBody(known, hand)


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
def target(
    out: Annotated[Path, typer.Option(metavar="FILE.pdf", help="Write the sheet here.")],
    page: Annotated[Page, typer.Option(help="Paper to print on.")] = Page.A4,
    marker_mm: Annotated[
        float, typer.Option(min=10, max=60, help="Side of a marker, in mm; the app expects 20.")
    ] = 20.0,
    number: Annotated[
        int | None,
        typer.Option("--id", min=0, max=49, help="Number on every marker; by default all differ."),
    ] = None,
) -> None:
    """Write the sheet of markers to print, with rulers to check the print."""
    from lesionscope.exchange.target_sheet import Paper, target_sheet

    sheet = target_sheet(Paper[page.name], marker_mm=marker_mm, number=number)
    try:
        _check_replaceable(out)
        out.write_bytes(sheet)
    except FileNotFoundError as error:
        raise refused(f"there is no folder {out.parent}") from error
    except OSError as error:
        raise refused(fault_sentence(error)) from error
    typer.echo(
        f"{out}: print it at 100 %, and check both rulers on the paper before you use a marker."
    )
    if marker_mm != 20:
        typer.echo(f"Measure its photos with --marker-mm {marker_mm:g}.")


def _check_replaceable(out: Path) -> None:
    """Refuse to write over a file that is no PDF, such as a photo named by mistake."""
    if out.is_file():
        with out.open("rb") as file:
            if file.read(5) != b"%PDF-":
                raise refused(
                    f"{out} is there already and is no PDF. Choose another name for --out"
                )


@commands.command()
def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="Photo of the earlier visit.")],
    follow: Annotated[Path, typer.Argument(metavar="FOLLOW", help="Photo of the later visit.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Write the comparison here.")],
    points: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Baseline pixels (x,y) to find in the follow-up."),
    ] = None,
    align: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Two or more spots seen in both: x,y in the baseline, x,y in the follow-up.",
        ),
    ] = None,
) -> None:
    """Lay a follow-up photo onto its baseline and say what changed."""
    from lesionscope.exchange.comparison_files import points_text, read_points, write_comparison
    from lesionscope.follow_up import MeasuredPhoto, pictures_of
    from lesionscope.follow_up import compare as compare_photos
    from lesionscope.pipeline import measure as measure_photo
    from lesionscope.pipeline import read_photo

    asked = None if points is None else read_points(points)[:, :2]
    pairs = None if align is None else read_points(align)
    if pairs is not None and pairs.shape[1] != 4:
        raise typer.BadParameter(f"{align} must hold x,y,x,y in each row")
    check_networks()
    both = []
    for path in (base, follow):
        photo = read_photo(path.read_bytes(), path.name)
        both.append(MeasuredPhoto(photo, measure_photo(photo)))
    known = None if pairs is None else (pairs[:, :2], pairs[:, 2:])
    compared = compare_photos(*both, points=known)
    write_comparison(
        out, compared.comparison, compared.field, pictures_of(both[0], both[1], compared)
    )
    if asked is not None:
        mapped = compared.registration.map_points(asked)
        (out / "points_out.csv").write_text(points_text(mapped), encoding="utf-8")
    _print_comparison(compared.comparison)


def _print_comparison(found: Comparison) -> None:
    from lesionscope.core.comparison import Fate

    aligned = found.alignment
    if aligned.error_px is None:
        refused(f"The photos could not be aligned. {aligned.refused}")
        return
    error_mm = "" if aligned.error_mm is None else f" ({aligned.error_mm:.1f} mm)"
    typer.echo(f"Aligned on {aligned.pairs} spots, {aligned.error_px:.1f} px{error_mm} off.")
    for name, change in (("Area", found.area), ("Erythema", found.erythema)):
        if change is not None:
            low, high = change.interval.low, change.interval.high
            judged = ", within measurement error" if change.within_error else ""
            value = f"{change.value:.2f} ({low:.2f} to {high:.2f})"
            typer.echo(f"{name}: {value} {change.unit}{judged}")
    counts = (f"{found.count(fate)} {fate.value}" for fate in Fate if found.count(fate))
    typer.echo(f"Lesions: {', '.join(counts) or 'none'}.")


@commands.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Host name, such as a proxy's, that may be asked for."),
    ] = None,
) -> None:
    """Serve the app, and the HTTP API beside it, until Ctrl-C."""
    from lesionscope.serving import CannotServe, serve_app

    typer.echo("Starting LesionScope ...")
    try:
        serve_app(
            host,
            port,
            ready=lambda address: _announce(address, browse=not no_browser),
            names=allow_host or (),
        )
    except CannotServe as refusal:
        raise refused(str(refusal)) from refusal


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


register_batch(commands)
register_export(commands)
register_learning(commands)
register_record(commands)


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
        raise refused(f"{faults} {word}: see the lines above")
    console.print("Everything needed is there.", style="green")
