"""A call that is connected already, in the place of a line, and one that goes on after a first talk."""

from __future__ import annotations

from ivr.lines import Call, Hushable


class OnTheLine:
    """Stands in for the line where the elder is connected already; implements ``ivr.lines.Line``."""

    def __init__(self, name: str, call: Call) -> None:
        self.name = name
        self._call = call

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> Call:  # noqa: ARG002
        """The call that is there."""
        return self._call


class Held:
    """A call that goes on after a first short talk; implements ``ivr.lines.Call``."""

    def __init__(self, call: Call) -> None:
        self.provider_call_id = call.provider_call_id
        self.receive = call.receive
        self.send = call.send
        self._call = call

    def hush(self) -> None:
        """Have what was sent and not played yet forgotten, where the far end keeps any."""
        if isinstance(self._call, Hushable):
            self._call.hush()

    async def hang_up(self) -> None:
        """Not yet."""
