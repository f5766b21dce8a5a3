"""The course of one call: does what the dialogue wants, and tells it what came of that."""

from __future__ import annotations

from collections import deque

from ivr.answering import Answering, Nothing, Words
from ivr.attention import Attention, Stop
from ivr.bridge import Seat
from ivr.dialogue.actions import Action, CallOff, HangUp, Join, Listen, PutThrough, Say
from ivr.dialogue.events import MachineDetected, PromptFinished
from ivr.going_on import GoingOn
from ivr.greeting import first_event, tape_is_ready
from ivr.last_words import read_the_rest
from ivr.listening import OVERHEARING, SUSTAINED_S, Stretch
from ivr.media import LineGoneError, Media
from ivr.minutes import Minutes
from ivr.overhearing import OVERHEARD, Overhearing
from ivr.pace import Pace
from ivr.parting import Parting
from ivr.report import CallOutcome
from ivr.senses import CallSenses, Reading, SensesFailedError
from ivr.speaking import Speaking
from ivr.turns import TurnKeeper
from speech.types import FRAME_SECONDS

LAST_WORDS_S = 10.0
"""How long somebody who speaks while the robot takes leave is heard out before it hangs up."""
QUIET_BEFORE_HANGING_UP_S = 0.4
"""What was said last is still on its way through the network."""
MOST_LOST = 2
"""So many answers running that no engine could hear end the call: a person takes over."""
_WORTH_WAITING_S = 1.0
_CONFIRMING = "confirm"
_CONFIRMING_DEAF_S = 1.0
_UNASKED = Listen(question="any", script_question="unasked", end_silence_s=1.2)
"""What somebody answers who speaks when nothing was asked."""


class Talk:
    """One conversation, from the greeting to the last word."""

    def __init__(
        self,
        media: Media,
        senses: CallSenses,
        minutes: Minutes,
        keeper: TurnKeeper,
        parting: Parting,
        pace: Pace,
        seat: Seat,
        *,
        max_seconds: float,
    ) -> None:
        """``max_seconds`` ends the call politely, between one sentence and the next."""
        self._media = media
        self._senses = senses
        self._minutes = minutes
        self._keeper = keeper
        self._parting = parting
        self._max_seconds = max_seconds
        self._agenda: deque[Action] = deque()
        self._present = _UNASKED
        """What is being asked, or is about to be."""
        self._attentive = False
        """Whether what is being said now is an answer, and not something overheard."""
        self._overhearing = Overhearing(media, senses)
        self._seat = seat
        self._attention = Attention(media, self._overhearing, seat)
        self._speaking = Speaking(media, senses, keeper, self._overhearing, self._attention)
        self._pace = pace
        self._going_on = GoingOn(media, pace)
        self._answering = Answering(media, self._overhearing, self._attention, pace)
        self._lost = 0  # answers running that nobody could hear
        self.outcome: CallOutcome | None = None
        """What the dialogue hung up with; None if it did not come to that."""
        self.cause = ""
        """Why the call ended, unless the dialogue ended it."""
        self.ended_early = False
        """Whether the robot had to end the call for a reason of its own."""

    async def hold(self) -> None:
        """Hold the conversation to its end. Raises nothing for a lost line or failing engines."""
        try:
            await self._carry_through()
            await self._last_words()
        finally:
            self._seat.leave()
            self._overhearing.stop()
            self._parting.forget()
            self._minutes.close(line_gone=self.outcome is None)

    async def _carry_through(self) -> None:
        try:
            await self._converse()
        except LineGoneError as gone:
            self.cause = str(gone)
        except SensesFailedError as failure:
            await self._end_early(str(failure))

    async def _converse(self) -> None:
        first = await first_event(self._media, self._senses, self._overhearing)
        self._attention.answerer_known = isinstance(first, MachineDetected)
        self._follow(self._minutes.note(first))
        while self._agenda:
            self._flag_unheard()
            if self._media.recording.seconds >= self._max_seconds + self._seat.extra_s:
                await self._end_early(f"the limit of {self._max_seconds:.0f} s was reached")
                return
            match self._agenda.popleft():
                case Say() as say:
                    self._present = self._next_listen()
                    await self._say(say, self._present)
                case Listen() as listen:
                    self._present = listen
                    await self._listen(listen)
                case PutThrough():
                    self._seat.begin(self._media)
                case CallOff():
                    self._seat.leave()
                case Join():
                    await self._join()
                case HangUp(outcome=outcome):
                    self._present = _UNASKED
                    await self._let_go()
                    if not self._agenda:
                        self.outcome = outcome
                        return
        await self._end_early("the dialogue had nothing more to say")

    async def _join(self) -> None:
        """A person takes over: they hear what is said, and the robot does not listen to the two."""
        self._present = _UNASKED
        self._media.ear.overhear(lambda _stretch: None)
        parted = await self._seat.join(self._media)
        self._media.forget_keys(and_for_s=0.0)
        self._follow(self._minutes.note(parted))

    def _follow(self, actions: tuple[Action, ...]) -> None:
        """Do this now instead of what was planned; when nothing is wanted, the plan stands."""
        if actions:
            self._agenda = deque(actions)

    def _next_listen(self) -> Listen:
        return next((action for action in self._agenda if isinstance(action, Listen)), _UNASKED)

    async def _say(self, say: Say, listen: Listen) -> None:
        """Say a prompt; whatever stopped it for good has been told to the dialogue on return."""
        if listen.script_question == _CONFIRMING:
            # A flag is withdrawn by a clear "no", not by a key meant for the question before.
            self._media.forget_keys(and_for_s=_CONFIRMING_DEAF_S)
        prompt = self._speaking.prompt(say)
        try:
            while (reason := await prompt.go_on()) is not None:
                came = await self._hear_interruption(listen) if reason is Stop.SPEECH else reason
                if came is not None:
                    self._prompt_finished(interrupted=True)
                    await self._attend_to(came, listen)
                    return
                prompt.mistaken()
        finally:
            prompt.forget()
        self._prompt_finished(interrupted=False)

    async def _hear_interruption(self, listen: Listen) -> Stop | Words | None:
        """Somebody speaks into a prompt: hear them out. None if there were no words in it."""
        self._attentive = True
        answer = await self._answering.hear(listen, no_input_s=listen.no_input_s, interrupting=True)
        self._attentive = False
        if isinstance(answer, Nothing) or (isinstance(answer, Words) and answer.reading.wordless):
            return None
        return answer

    def _prompt_finished(self, *, interrupted: bool) -> None:
        self._agenda.extend(self._minutes.note(PromptFinished(interrupted)))

    async def _listen(self, listen: Listen) -> None:
        """Wait for an answer; whatever it is has been told to the dialogue on return.

        A short noise without words is no answer: the rest of the time is given. Longer speech in which no
        words could be made out is told as an utterance whose answer is ``silence``: the elder has tried.
        """
        self._keeper.listening()
        began = self._media.ear.now
        left_s = listen.no_input_s
        while True:
            self._attentive = True
            answer = await self._answering.hear(listen, no_input_s=left_s)
            self._attentive = False
            left_s = listen.no_input_s - (self._media.ear.now - began) * FRAME_SECONDS
            if not _short_noise(answer):
                await self._attend_to(answer, listen, barge_in=False)
                return
            if left_s < _WORTH_WAITING_S:
                await self._attend_to(Nothing.HEARD, listen)
                return

    async def _attend_to(
        self, what: Stop | Words | Nothing, listen: Listen, *, barge_in: bool = True
    ) -> None:
        """Tell the dialogue what came, and make what it wants now the plan."""
        if isinstance(what, Words) and self._taped(what.stretch, what.reading):
            what = Stop.MACHINE
        match what:
            case Words(stretch=stretch, reading=reading, waited_s=waited_s):
                self._going_on.spoke(stretch, barge_in=barge_in)
                actions = self._minutes.heard(listen, stretch, reading.understanding, barge_in=barge_in)
                self._going_on.replying_to(self._media.ear.last_sound(stretch), waited_s)
            case Nothing.HEARD:
                actions = self._minutes.nothing(listen)
            case Stop.DISTRESS:
                cry = self._overhearing.urgent.popleft()
                actions = self._minutes.heard(listen, cry.stretch, cry.reading.understanding, barge_in=True)
                self._going_on.replying_to(self._media.ear.last_sound(cry.stretch), OVERHEARING.end_silence_s)
            case Stop.MACHINE:
                self._attention.answerer_known = True
                await tape_is_ready(self._media)
                actions = self._minutes.note(MachineDetected())
            case Stop.NEWS:
                actions = self._minutes.note(self._seat.take_news())
            case _:
                key = self._media.keys.popleft()
                actions = self._minutes.pressed(listen, key.digit)
                self._going_on.replying_to(key.frame, 0.0)
        if not isinstance(what, Nothing):
            self._attention.answerer_known = True
        self._follow(actions)
        if isinstance(what, Words):
            self._note_lost(what.reading)

    def _note_lost(self, reading: Reading) -> None:
        """Whoever was not heard is asked again, once. Raises SensesFailedError when that is of no use."""
        self._lost = self._lost + 1 if reading.lost else 0
        if self._lost >= MOST_LOST:
            raise SensesFailedError(reading.lost)

    def _flag_unheard(self) -> None:
        if self._overhearing.unheard:
            self._minutes.unheard(self._present.script_question)

    def _taped(self, stretch: Stretch, reading: Reading) -> bool:
        return not self._attention.answerer_known and self._overhearing.sounds_taped(stretch, reading)

    async def _let_go(self) -> None:
        """Before hanging up: let the last sound arrive and hear out whoever is speaking."""
        self._media.ear.overhear(self._overhearing.consider)
        await self._media.pause(QUIET_BEFORE_HANGING_UP_S)
        await self._media.until(self._all_quiet, patience_s=LAST_WORDS_S)
        while self._overhearing.urgent:
            await self._attend_to(Stop.DISTRESS, _UNASKED)

    def _all_quiet(self) -> bool:
        self._overhearing.collect()
        return bool(self._overhearing.urgent) or not (self._media.ear.speaking or self._overhearing.busy)

    async def _end_early(self, cause: str) -> None:
        """End the call for a reason of the robot's own: flags first, then a kind word."""
        self.cause = cause
        self.ended_early = True
        self._media.mouth.stop()
        self._minutes.close()
        await self._parting.take_leave(self._media, emergency=self._minutes.emergency)
        await self._seat.wait_and_join(self._media)

    async def _last_words(self) -> None:
        """The talk is over: what was said before is attended to all the same."""
        question = self._present.question if self._attentive else OVERHEARD
        last = await read_the_rest(self._media, self._overhearing, question)
        if last is not None:
            stretch, reading = last
            if self._attentive and not reading.wordless and not self._taped(stretch, reading):
                self._minutes.heard(self._present, stretch, reading.understanding, barge_in=False)
            else:
                self._overhearing.keep(stretch, reading)
        if self.outcome is not None and self._overhearing.urgent:
            self._minutes.close()
        while self._overhearing.urgent:
            await self._attend_to(Stop.DISTRESS, self._present)
        self._flag_unheard()


def _short_noise(answer: Words | Stop | Nothing) -> bool:
    return isinstance(answer, Words) and answer.reading.wordless and answer.stretch.voiced_s < SUSTAINED_S
