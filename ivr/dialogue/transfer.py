"""A person on duty is rung while the elder stays on the line, and the elder is put through to them.

Nothing is promised before a telephone rings. Who should get out of the house or keep quiet is never kept on
the line for it. A transfer that fails changes nothing: help has been sent for by then.
"""

from __future__ import annotations

from ivr.dialogue import asking, endings
from ivr.dialogue.actions import Join, PutThrough
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.events import NobodyCame, Parted, PersonRung, PersonThere, TransferEvent
from ivr.dialogue.state import IN_EMERGENCY, UNDER_WAY, Stage, Transfer
from ivr.script_model import Concern
from ivr.script_texts import Text
from ivr.transfer_texts import transfer_texts

MOST_INTERVALS = 30
"""How often an elder who waits is spoken to; whoever rings people gives up long before."""


def begin(talk: Conversation, concern: Concern) -> None:
    """Have somebody on duty rung, where that can be done, while the elder is asked what helpers must know."""
    if talk.state.transfer is Transfer.POSSIBLE and not concern.ask_no_more:
        talk.state.transfer = Transfer.SOUGHT
        talk.order(PutThrough())


def keeps(talk: Conversation) -> bool:
    """Instead of ending the call: stay with the elder for as long as somebody is being rung."""
    if talk.state.transfer not in UNDER_WAY:
        return False
    if talk.state.stage is not Stage.KEPT:
        talk.say(_stay(talk))
        asking.enter(talk, Stage.KEPT)
    return True


def reassure(talk: Conversation) -> None:
    """The elder waits and says nothing: they hear that it goes on, and in turn whom to call themselves."""
    talk.state.kept += 1
    if talk.state.kept > MOST_INTERVALS:
        talk.call_off()
        endings.part(talk, endings.broken_off(talk), talk.script.emergency.close)
        return
    talk.say(transfer_texts().medical if talk.state.kept % 2 else _stay(talk))
    asking.listen(talk)


def answer(talk: Conversation) -> None:
    """The elder says something while they wait."""
    talk.say(transfer_texts().listening)
    asking.listen(talk)


def join(talk: Conversation) -> None:
    """Let the two speak."""
    talk.join(Join())


def note(talk: Conversation, event: TransferEvent) -> None:
    """Whoever rings people tells how far they are; news that come too late change nothing."""
    state = talk.state
    match event:
        case PersonRung() if state.transfer is Transfer.SOUGHT:
            state.transfer = Transfer.RUNG
            talk.say(transfer_texts().announce)
            asking.ask(talk)
        case PersonThere() if state.transfer in UNDER_WAY:
            state.transfer = Transfer.TALKING
            asking.arrive(talk, Stage.WITH_PERSON)
            talk.say(transfer_texts().connected, keep_floor=True)
            join(talk)
        case Parted(how=how) if state.transfer is Transfer.TALKING:
            state.transfer = Transfer.OVER
            talk.say(_AFTERWARDS[how])
            asking.enter(talk, Stage.ADVISED)
        case NobodyCame(taken=taken) if state.transfer in UNDER_WAY:
            _nobody(talk, taken=taken)
        case _ if state.stage is Stage.WITH_PERSON:
            join(talk)
        case _ if state.stage in IN_EMERGENCY:
            asking.listen(talk)
        case _:
            pass


def _stay(talk: Conversation) -> Text:
    """That it goes on; that a telephone rings only once one does."""
    texts = transfer_texts()
    return texts.wait if talk.state.transfer is Transfer.RUNG else texts.listening


def _nobody(talk: Conversation, *, taken: bool) -> None:
    """Say so to whoever was told that somebody is rung, and go on where the talk was."""
    promised = talk.state.transfer is Transfer.RUNG or talk.state.stage is Stage.KEPT
    talk.state.transfer = Transfer.OVER
    texts = transfer_texts()
    if promised:
        talk.say(texts.taken if taken else texts.nobody)
    if talk.state.stage is Stage.KEPT:
        asking.enter(talk, Stage.ADVISED)
    else:
        asking.ask(talk)


_AFTERWARDS: dict[str, Text] = {
    "left": transfer_texts().left,
    "time": transfer_texts().time,
    "never": transfer_texts().never,
}
