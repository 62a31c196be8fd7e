"""Who calls: the session that a request names, and what its account may do."""

from __future__ import annotations

from starlette.requests import Request

from lesionscope.core.people import Act, Reader, may
from lesionscope.store import Store


class Refused(Exception):  # noqa: N818 - a refusal, and named as one
    """A request that is not answered as asked.

    Parameters
    ----------
    status : int
        HTTP status.
    sentence : str
        What was wrong and what to do.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def token_of(request: Request) -> str:
    """Return the token of a request; only in a header, never in an address that logs keep.

    Raises
    ------
    Refused
        401 if there is none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(401, "Sign in with POST /api/v1/session and send Authorization: Bearer.")
    return token.strip()


def caller(request: Request, store: Store, act: Act) -> Reader:
    """Return who calls, if the account may do what is asked.

    Parameters
    ----------
    request : Request
        With a token.
    store : Store
        The record.
    act : Act
        What is asked.

    Raises
    ------
    Refused
        401 if no session is open under the token, 403 if the role does not allow the act.
    """
    reader = store.reader_of_session(token_of(request))
    if reader is None:
        raise Refused(401, "This session has ended. Sign in again with POST /api/v1/session.")
    if store.must_change_password(reader):
        raise Refused(403, "The password of this account is temporary. Change it in the app first.")
    if not may(reader.role, act):
        raise Refused(403, f"The role {reader.role.value} may not {act.value}.")
    return reader
