"""Words for visits and calls: how they went, how they ended, what was said."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

_CALL_OUTCOMES: dict[str, Any] = {
    "completed": _l("Completed"),
    "partial": _l("Broken off"),
    "refused": _l("Declined"),
    "wrong_person": _l("Wrong person"),
    "proxy": _l("Somebody else spoke"),
    "call_later": _l("Asked to be called later"),
    "machine": _l("Answering machine"),
    "silent": _l("Nobody spoke"),
}
"""What a talk came to, also of a call that came in."""

WORDS: dict[str, dict[str, Any]] = {
    "outcome": {
        "completed": _l("Completed"),
        "partial": _l("Broken off"),
        "refused": _l("Declined"),
        "wrong_person": _l("Wrong person"),
        "unreachable": _l("Not reached"),
        "escalated": _l("Passed to a person"),
        "cancelled": _l("Cancelled"),
        "expired": _l("Period over, not visited"),
    },
    "call_outcome": _CALL_OUTCOMES,
    "call_in": {
        "visit": _l("The visit was made"),
        "busy": _l("All lines were taken"),
        "missed": _l("Nobody was there to answer"),
        "gone": _l("Hung up before we answered"),
        "lost": _l("Broke off on our side"),
        **_CALL_OUTCOMES,
    },
    "followed_up": {
        "rung_back": _l("rung back by the robot"),
        "called_again": _l("spoken with since"),
        "with_later": _l("made good with their next call"),
        "handed_over": _l("given to a person to call"),
        "by_person": _l("called back by a person"),
    },
    "disposition": {
        "answered_human": _l("Answered"),
        "answered_machine": _l("Answering machine"),
        "busy": _l("Busy"),
        "no_answer": _l("No answer"),
        "failed": _l("Line failed"),
        "rejected": _l("Call rejected"),
        "invalid_number": _l("Invalid number"),
    },
    "surge_kind": {
        "heat": _l("Heat"),
        "cold": _l("Cold"),
        "typhoon": _l("Storm and flood"),
        "epidemic": _l("Epidemic"),
        "festival": _l("Festival"),
        "other": _l("Special days"),
    },
    "visit_status": {"planned": _l("Waiting"), "in_progress": _l("In progress"), "ended": _l("Ended")},
    "mode": {"telephone": _l("By telephone"), "in_home": _l("In person")},
    "confirmed": {
        "yes": _l("The elder said yes when asked again"),
        "no": _l("The elder said no when asked again"),
        "unclear": _l("Asked again, no clear reply: treated as yes"),
        "not_asked": _l("Clear enough, not asked again"),
    },
    "via": {
        "text": _l("the words"),
        "sound": _l("the sound of the words"),
        "audio": _l("the recording itself"),
        "likeness": _l("likeness to known sentences"),
        "key": _l("a key press"),
    },
    "campaign_status": {
        "draft": _l("Not started"),
        "running": _l("Running"),
        "paused": _l("Paused"),
        "stopped": _l("Stopped for good"),
        "ended": _l("Ended"),
    },
    "rule": {
        "manner": _l("Speaks otherwise than before"),
        "several_concerns": _l("Several concerns together"),
        "repeated_concern": _l("The same complaint again and again"),
        "mode_outgrown": _l("Visits at home or a new assessment?"),
    },
    "measure": {
        "response_delay_s": _l("Time until the answer"),
        "speaking_rate": _l("Rate of speech (characters or words)"),
        "repeats": _l("Asked to hear it again"),
        "silences": _l("Questions left without a reply"),
        "pause_share": _l("Pauses while speaking"),
        "speech_dbfs": _l("Loudness of the voice"),
        "over_background_db": _l("Voice above the line's background"),
    },
}
