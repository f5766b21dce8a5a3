"""The village's telephone exchange: who has which number, and what they need to speak and to listen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr.brief import Brief
from ivr.script import Script, spoken_values
from ivr.script_texts import texts_in
from ivr.wording import fill, placeholders
from records.people import Elder, Phone
from records.visits import CallAttempt, Turn, Visit
from speech.prompts import PromptStore
from speech.types import Language, Pcm, Synthesizer
from wenan.village.cues import Cues
from wenan.village.personas import Persona
from wenan.village.villager import HELLO, Villager

LANGUAGE: Language = "zh-CN"
HUNG_UP = "normal"
"""The simulated line's cause where the far end put the receiver down."""
UNLIKELY = frozenset(
    {"identity.fetch.text", "identity.leave_word", "introduction.again", "opening.greeting_again",
     "closing.with_flags"}
)  # fmt: skip
"""Texts with a name in them, one for each elder, of which a few are said."""


class Village:
    """The personas at their telephones."""

    def __init__(
        self,
        personas: Sequence[Persona],
        script: Script,
        robot: PromptStore,
        synthesizer: Synthesizer,
        cache: Path,
    ) -> None:
        """``robot`` is the store the robot speaks from; villagers' own voices are cached in ``cache``."""
        self._personas = personas
        self._voices = PromptStore(synthesizer, cache_dir=cache)
        self._robot = robot
        self._script = script
        self._cues = Cues(script, LANGUAGE)
        self._villagers: dict[str, Villager] = {}
        for seed, persona in enumerate(personas):
            villager = Villager(
                persona, speak=self._speak, prompts=robot.known, cues=self._cues.of, seed=seed
            )
            self._villagers |= dict.fromkeys((persona.number, *persona.also), villager)

    def at(self, number: str) -> Villager:
        """Who has a number. Raises LookupError when nobody in the village does."""
        return self._villagers[number]

    def remember(self, session: Session) -> None:
        """Go on after an interruption: everybody knows how often they were rung and what they said."""
        for number, (rung, said, hung_up) in past_of(session, self._personas).items():
            self._villagers[number].remember(rung, said, hung_up=hung_up)

    def rehearse(
        self, briefs: Mapping[str, Brief], progress: Callable[[int, int], None], *, thoroughly: bool = False
    ) -> int:
        """Render what will surely be said and is not yet in the cache; returns how much that was.

        ``briefs`` are those of the calls to come, by number. What only some turn of a conversation calls for
        (a second try, a third) is rendered when it comes up, for which virtual time stands still; real time
        does not, hence ``thoroughly``: also whatever the robot may say that names nobody. ``progress`` is
        called with (done, total).
        """
        called = [persona for persona in self._personas if persona.number in briefs]
        robot = dict.fromkeys(
            (sentence, brief.language, speed)
            for persona in called
            for brief in (briefs[persona.number],)
            for speed in (brief.speed, *([persona.slower] if persona.slower else []))
            for sentence in (*self._likely(brief), *(self._possible(brief) if thoroughly else ()))
        )
        own = dict.fromkeys(
            (sentence, persona.voice, persona.pace)
            for persona in called
            for sentence in sorted(persona.utterances(self._cues_of(persona, briefs[persona.number])))
        )
        total, rendered = len(robot) + len(own), 0
        for done, (sentence, language, speed) in enumerate(robot, start=1):
            rendered += not self._robot.has(sentence, language=language, speed=speed)
            self._robot.get(sentence, language=language, speed=speed)
            progress(done, total)
        for done, (sentence, voice, pace) in enumerate(own, start=len(robot) + 1):
            rendered += not self._voices.has(sentence, language=LANGUAGE, speed=pace, voice=voice)
            self._speak(sentence, voice, pace)
            progress(done, total)
        return rendered

    def _likely(self, brief: Brief) -> Iterator[str]:
        """The sentences of a call in which every question is understood at once."""
        values = spoken_values(self._script, brief)
        concerns = {code for persona in self._personas for code in persona.expects.flags}
        for path, text in texts_in(self._script):
            if not self._is_likely(path, brief.module, concerns):
                continue
            for sentence in text.of(brief.language):
                if "what" not in placeholders(sentence):
                    yield fill(sentence, values)
                    continue
                for code in sorted(concerns & self._script.concerns.keys()):
                    what = "".join(self._script.concerns[code].what.of(brief.language))
                    yield fill(sentence, {**values, "what": what})

    def _possible(self, brief: Brief) -> Iterator[str]:
        """The sentences of the script that say the same to everybody."""
        for path, text in texts_in(self._script):
            if path != "title" and not path.endswith((".title", ".what")):
                yield from (each for each in text.of(brief.language) if not placeholders(each))

    def _is_likely(self, path: str, module: str, concerns: Collection[str]) -> bool:
        part, _, rest = path.partition(".")
        if (
            path == "title"
            or path.endswith((".title", ".what", ".short", ".keys_hint"))
            or ".follow_up" in path
        ):
            return False
        if part.startswith("modules["):
            return self._script.modules[int(part[8:-1])].id == module
        if part == "concerns":
            return rest.partition(".")[0] in concerns
        return part not in ("reprompt", "requests") and path not in UNLIKELY

    def _cues_of(self, persona: Persona, brief: Brief) -> frozenset[str]:
        """The cues that a smooth call gives this persona."""
        if "answers" not in persona.rings:
            return frozenset()
        asked = {question.id for question in self._script.agenda(brief.module)}
        return frozenset({HELLO, "identity", *asked, *persona.own})

    def _speak(self, sentence: str, voice: str, pace: float) -> Pcm:
        return self._voices.get(sentence, language=LANGUAGE, voice=voice, speed=pace).pcm


def past_of(session: Session, personas: Sequence[Persona]) -> dict[str, tuple[int, Counter[str], int]]:
    """By first number, what ``Villager.remember`` wants to know after an interruption."""
    return {persona.number: _past(session, (persona.number, *persona.also)) for persona in personas}


def _past(session: Session, numbers: Collection[str]) -> tuple[int, Counter[str], int]:
    """How often somebody's numbers were rung, each cue was answered on them, and they hung up half-way."""
    attempts = [
        attempt
        for phone in session.scalars(select(Phone))
        if phone.number in numbers
        for attempt in session.scalars(
            select(CallAttempt).where(CallAttempt.phone_id == phone.id, CallAttempt.dialled_at.is_not(None))
        )
    ]
    said: Counter[str] = Counter()
    for attempt in attempts:
        said[HELLO] += attempt.answered_at is not None
        for turn in session.scalars(select(Turn).where(Turn.attempt_id == attempt.id)):
            said[turn.question] += bool(turn.transcript or turn.key)
    hung_up = sum(attempt.call_outcome == "partial" and attempt.cause == HUNG_UP for attempt in attempts)
    return sum(attempt.direction == "out" for attempt in attempts), said, hung_up


def visits_by_number(session: Session, campaign_id: int) -> dict[str, Visit]:
    """The visits of a campaign by the first telephone number of their elder."""
    visits = session.scalars(select(Visit).where(Visit.campaign_id == campaign_id).join(Elder))
    return {phone.number: visit for visit in visits for phone in visit.elder.phones[:1]}
