"""What the commands of the terminal share: who acts on the record, and a refusal in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from lesionscope.faults import debugging

if TYPE_CHECKING:
    from lesionscope.core.people import Reader
    from lesionscope.core.sites import Site
    from lesionscope.store import Store

Name = Annotated[str, typer.Option("--as", metavar="NAME", help="Account that acts.")]
"""The account, whose password is asked for."""


def refused(sentence: str) -> typer.Exit:
    """Say what was refused and why; the caller raises what comes back."""
    words = sentence.strip().rstrip(".")
    typer.secho(f"{words[:1].upper()}{words[1:]}.", fg="red", bold=True, err=True)
    return typer.Exit(1)


@contextmanager
def acting(name: str) -> Iterator[tuple[Store, Reader]]:
    """Open the record as a person, whose password is asked for.

    Parameters
    ----------
    name : str
        Account.

    Yields
    ------
    Store
        Closed at the end.
    Reader
        Whoever signed in.

    Raises
    ------
    typer.Exit
        If the password is wrong or the record refuses an act, after saying so.
    """
    from lesionscope.store import NotAllowed, SignInRefused, Store

    try:
        with Store.open() as store:
            password = typer.prompt(f"Password of {name}", hide_input=True, err=True)
            yield store, store.authenticate(name, password)
    except (NotAllowed, SignInRefused, ValueError) as refusal:
        raise refused(str(refusal)) from refusal


def site_asked(text: str) -> Site:
    """Return the body site that an option names.

    Raises
    ------
    typer.BadParameter
        If there is no such site.
    """
    from lesionscope.core.sites import site_named

    try:
        return site_named(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def check_networks() -> None:
    """Load the networks before the first photo.

    Raises
    ------
    typer.Exit
        If one cannot be loaded, after saying so.
    """
    from lesionscope.pipeline import default_grader, default_marker, default_segmenter

    try:
        default_segmenter()
        default_marker()
        default_grader()
    except Exception as error:  # a damaged ONNX file raises what its reader likes
        if debugging():
            raise
        refused(f"A network of the software cannot be loaded ({error})")
        raise refused("Run `lesionscope doctor` to see what is missing") from error
