"""What is still in memory of calls that are over: a leak of one call shows at once, not after an hour."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Mapping

from ivr.bridge import Bridge
from ivr.lines.sip.call import SipCall
from ivr.listening import Ear
from ivr.media import Media
from ivr.recording import Recording
from ivr.talk import Talk

OF_A_CALL = (Bridge, Ear, Media, Recording, SipCall, Talk)


def left_behind() -> Mapping[str, int]:
    """How many of each there are, garbage collected."""
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, OF_A_CALL))
