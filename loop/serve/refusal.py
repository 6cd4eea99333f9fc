"""Refusals: what a program is told when its request cannot be served. Never quotes what it sent."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from loop.errors import Conflict, InvalidInput, NotAllowed, NotFound, RatchetError, StoreUnavailable


class Refusal(Exception):
    """A request is refused: an HTTP status, a code for programs and a sentence for people."""

    def __init__(
        self, status: int, code: str, message: str, *, where: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.where = where
        """The field, with dots between the levels; empty when it is the whole."""
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """As it is sent."""
        told = {"code": self.code, "message": self.message} | ({"where": self.where} if self.where else {})
        return JSONResponse({"error": told}, status_code=self.status, headers=self.headers)


class Busy(Refusal):
    """Too much is waiting to be kept; the same request can be sent again after a pause."""

    def __init__(self, *, seconds: int = 1, status: int = 503, message: str = "") -> None:
        super().__init__(
            status,
            "busy" if status == 503 else "too_many_requests",
            message or "Too much is waiting to be kept. Send it again after the pause.",
            headers={"Retry-After": str(seconds)},
        )


def refusal_of(error: RatchetError) -> Refusal:
    """What an error of ours is called over HTTP."""
    match error:
        case InvalidInput():
            return Refusal(422, "invalid", error.message, where=error.field)
        case NotFound():
            return Refusal(404, "not_found", "There is no such thing here.")
        case NotAllowed():
            return Refusal(403, "not_allowed", "This key may not do that.")
        case Conflict():
            return Refusal(409, "conflict", error.message)
        case StoreUnavailable():
            return Refusal(503, "unavailable", "The database cannot be reached now.", headers={"Retry-After": "5"})
        case _:
            return Refusal(503, "unavailable", "This cannot be answered now.", headers={"Retry-After": "5"})
