"""Request ids as a pure function of what is asked, so that repeating a run repeats its requests word for word."""

from __future__ import annotations

import uuid


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
