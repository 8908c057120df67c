"""Request ids as a pure function of what is asked, so that repeating a run repeats its requests word for word."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from maskloop.values import Operation


class RequestIds:
    """UUIDs (version 5) of one arm of one run.

    Args:
        run_id: the run's own UUID.
        arm: the arm's name.
    """

    def __init__(self, run_id: str, arm: str) -> None:
        self._namespace = uuid.uuid5(uuid.UUID(run_id), arm)

    def of(self, verb: str, *parts: object) -> str:
        """The id of one request: its verb, the round, and whatever else tells it from its neighbours."""
        return str(uuid.uuid5(self._namespace, "/".join([verb, *map(str, parts)])))

    def begin(self, asked: Callable[..., Operation], verb: str, *parts: object) -> Operation:
        """Begin long work, or find it where it was begun before; anew where it had failed or was stopped by then.

        A request that is repeated gets the first answer, a failure too. Its cause may be gone since: a disk has room
        again, a photograph is back.

        Args:
            asked: begins it, given a `request_id`.
            verb, parts: as in `of`.
        """
        operation = asked(request_id=self.of(verb, *parts))
        attempt = 1
        while operation.state.has_failed:
            attempt += 1
            operation = asked(request_id=self.of(verb, *parts, f"attempt-{attempt}"))
        return operation
