"""Reading what somebody has said so far while they may still go on: the reply need not wait for it."""

from __future__ import annotations

from ivr.listening import Stretch
from ivr.overhearing import SHORTEST_CRY_S, BeingRead, Overhearing
from ivr.senses import Reading


def more_urgent(earlier: Reading | None, later: Reading) -> Reading:
    """Of two readings of an utterance the more urgent, the later of equals: going on takes back no cry."""
    if earlier is not None and earlier.understanding.urgency > later.understanding.urgency:
        return earlier
    return later


class EarlyReading:
    """Reads one beginning of an utterance at a time; engines are never kept busy with two of one call.

    When the elder goes on, what was made out of the beginning is thrown away, but for its urgency. What no
    engine has begun with by then is withdrawn: whoever has finished speaking is heard sooner.
    """

    def __init__(self, overhearing: Overhearing, question: str, *, also: tuple[str, ...] = ()) -> None:
        """``also`` are phrases to be ranked against the audio besides those that the lexicon expects."""
        self._overhearing = overhearing
        self._question = question
        self._also = also
        self._now: BeingRead | None = None
        self._before: tuple[Stretch, Reading] | None = None

    @property
    def before(self) -> Reading | None:
        """The most urgent of the readings after which the elder went on."""
        return self._before[1] if self._before else None

    def begin(self, stretch: Stretch) -> None:
        """Read this, unless it is too short for a word, or being read, or another reading still runs."""
        if self.reads(stretch) or stretch.voiced_s < SHORTEST_CRY_S:
            return
        if self._now is not None:
            if self._now.done:
                self._before = (self._now.stretch, more_urgent(self.before, self._now.result()))
            elif not self._now.withdraw():
                return
        self._now = self._overhearing.read(stretch, self._question, also=self._also, early=True)

    def hurry(self) -> None:
        """Nothing more seems to come: from now on the reply waits for what is being read."""
        if self._now is not None:
            self._now.hurry()

    def result(self, stretch: Stretch) -> Reading | None:
        """What exactly this was made out to be; None if that is not known."""
        if self._now is None or not self.reads(stretch) or not self._now.done:
            return None
        return self._now.result()

    @property
    def idle(self) -> bool:
        """Whether nothing has been read yet."""
        return self._now is None

    @property
    def latest(self) -> tuple[Stretch, Reading] | None:
        """What was read last, and of how much, if that is done."""
        if self._now is None or not self._now.done:
            return None
        return self._now.stretch, self._now.result()

    def reads(self, stretch: Stretch) -> bool:
        """Whether exactly this is being read, or has been."""
        return self._now is not None and stretch == self._now.stretch

    def reading(self, stretch: Stretch) -> BeingRead:
        """The reading of a finished utterance, perhaps begun or done already; what was lost is read again."""
        now = self._now
        if now is None or stretch != now.stretch or (now.done and now.result().lost):
            self._hand_over()
            self._now = now = self._overhearing.read(stretch, self._question, also=self._also)
        now.hurry()
        return now

    def settle(self, *, called_away: bool) -> Reading | None:
        """What is known of the utterance so far: the most urgent of all readings, the last one of equals.

        A reading that is not done goes on in the background and is examined for what must not wait. Unless
        something else came first it has waited too long, and the utterance counts as not heard.
        """
        now, self._now = self._now, None
        if now is None:
            return self.before
        if not now.done:
            self._overhearing.adopt(now)
        if now.done or not called_away:
            known = now.result() if now.done else now.late()
            self._before = (now.stretch, more_urgent(self.before, known))
        return self.before

    def give_up(self) -> None:
        """Something else came first: what was read so far is only examined for what must not wait."""
        self._hand_over()
        if self._before is not None:
            self._overhearing.keep(*self._before)

    def _hand_over(self) -> None:
        if self._now is not None and not self._now.withdraw():
            self._overhearing.adopt(self._now)
        self._now = None
