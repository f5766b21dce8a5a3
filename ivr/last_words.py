"""When a talk is over: what was said and not read yet is read all the same, and nobody waits for it."""

from __future__ import annotations

from ivr.listening import FOR_EVER_S, Patience, Stretch
from ivr.media import Media
from ivr.overhearing import SHORTEST_CRY_S, Overhearing
from ivr.senses import Reading

UNREAD_S = 60.0
"""How long it is read; under load it may have to wait. What is not read then, nobody could hear."""


async def read_the_rest(
    media: Media, overhearing: Overhearing, question: str
) -> tuple[Stretch, Reading] | None:
    """Read what was being said when the talk ended, as an answer to ``question``, and all that is unread.

    Hangs up first if there is anything of the kind: nobody waits on a silent line for it. Returns what was
    being said and what it was made out to be; None if it was nothing, or could not be read in time.
    """
    ear = media.ear
    ear.attend(Patience(FOR_EVER_S), since=ear.untaken)
    stretch, reading = ear.stretch, None
    if stretch is not None and stretch.voiced_s >= SHORTEST_CRY_S:
        ear.take(stretch)
        reading = overhearing.read(stretch, question)
    if overhearing.busy:
        await media.call.hang_up()
        await overhearing.finish(UNREAD_S)
    overhearing.collect()
    return (reading.stretch, reading.result()) if reading is not None and reading.done else None
