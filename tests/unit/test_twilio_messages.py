"""Twilio's media stream, message by message, as its documentation prints them; and its sound as frames."""

import json
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.telephone import tone

from ivr.lines.twilio.frames import Arrivals, StartGate
from ivr.lines.twilio.messages import (
    BadMessageError,
    Connected,
    Marked,
    Pressed,
    Sound,
    Started,
    Stopped,
    Unknown,
    clear,
    mark,
    media,
    read_message,
)
from speech.audio import mulaw_decode, mulaw_encode

CONNECTED = '{ "event": "connected", "protocol": "Call", "version": "1.0.0" }'
START = """{
 "event": "start",
 "sequenceNumber": "1",
 "start": {
   "accountSid": "AC00000000000000000000000000000000",
   "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0",
   "callSid": "CA11111111111111111111111111111111",
   "tracks": ["inbound"],
   "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
   "customParameters": { "FirstName": "Jane", "LastName": "Doe" }
 },
 "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0"
}"""
MEDIA = """{ "event": "media", "sequenceNumber": "4",
 "media": { "track": "inbound", "chunk": "2", "timestamp": "5", "payload": "//8A" },
 "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0" }"""
DTMF = """{ "event": "dtmf", "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0", "sequenceNumber": "5",
 "dtmf": { "track": "inbound_track", "digit": "1" } }"""
MARK = """{ "event": "mark", "sequenceNumber": "4", "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0",
 "mark": { "name": "my label" } }"""
STOP = """{ "event": "stop", "sequenceNumber": "5", "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0",
 "stop": { "accountSid": "AC00000000000000000000000000000000",
 "callSid": "CA11111111111111111111111111111111" } }"""


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (CONNECTED, Connected()),
        (MEDIA, Sound(b"\xff\xff\x00", 5)),
        (DTMF, Pressed("1")),
        (MARK, Marked("my label")),
        (STOP, Stopped()),
        ('{"event": "something new"}', Unknown()),
        (DTMF.replace('"1"', '"A"'), Unknown()),
        (MEDIA.replace('"track": "inbound"', '"track": "outbound"'), Unknown()),
    ],
)
def test_what_twilio_sends(text: str, meaning: object) -> None:
    assert read_message(text) == meaning


def test_whose_sound_it_is() -> None:
    started = read_message(START)
    assert isinstance(started, Started)
    assert (started.stream_sid, started.call_sid) == ("MZ18ad3ab5a668481ce02b83e7395059f0", "CA" + "1" * 32)
    assert started.parameters == {"FirstName": "Jane", "LastName": "Doe"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        b"\xff\xfe",
        '{"event": "media"}',
        MEDIA.replace("//8A", "§§"),
        MEDIA.replace('"5"', '"soon"'),
        START.replace("8000", "16000"),
        START.replace("audio/x-mulaw", "audio/opus"),
    ],
)
def test_what_is_no_message_is_named_without_being_repeated(text: str | bytes) -> None:
    with pytest.raises(BadMessageError) as error:
        read_message(text)
    assert "§" not in str(error.value)


@settings(deadline=None, max_examples=40)
@given(
    st.text() | st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(json.dumps)
)
def test_nonsense_breaks_nothing(text: str) -> None:
    with suppress(BadMessageError):
        read_message(text)


def test_what_we_send_is_what_the_documentation_prints() -> None:
    sid = "MZ18ad3ab5a668481ce02b83e7395059f0"
    assert json.loads(media(sid, b"\xff\xff\x00")) == {
        "event": "media", "streamSid": sid, "media": {"payload": "//8A"},
    }  # fmt: skip
    assert json.loads(mark(sid, "my label")) == {
        "event": "mark", "streamSid": sid, "mark": {"name": "my label"},
    }  # fmt: skip
    assert json.loads(clear(sid)) == {"event": "clear", "streamSid": sid}


SPOKEN = mulaw_encode(tone(0.2))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_pieces_of_any_length_come_out_whole_and_in_order(lengths: list[int]) -> None:
    arrivals, at, frames = Arrivals(), 0, []
    for length in lengths:
        if piece := SPOKEN[at : at + length]:
            frames += arrivals.take(piece, at // 8)
        at += length
    came = np.concatenate([frame.pcm for frame in frames]) if frames else np.zeros(0, np.int16)
    assert not any(frame.lost for frame in frames)
    assert np.array_equal(came, mulaw_decode(SPOKEN)[: len(came)])


def test_what_twilio_left_out_is_concealed_and_marked() -> None:
    arrivals = Arrivals()
    first = arrivals.take(SPOKEN[:160], 40)
    after = arrivals.take(SPOKEN[160:320], 120)
    assert [frame.lost for frame in first + after] == [False, True, True, True, False]
    assert after[0].pcm.any(), "a short gap is not silence"


def test_a_burst_after_a_stall_loses_nothing() -> None:
    arrivals = Arrivals()
    frames = [frame for n in range(200) for frame in arrivals.take(SPOKEN[:160], 20 * n)]
    assert len(frames) == 200
    assert not any(frame.lost for frame in frames)


@pytest.mark.parametrize("jump_ms", [-4000, 10**9])
def test_a_clock_that_jumps_adds_nothing(jump_ms: int) -> None:
    arrivals = Arrivals()
    arrivals.take(SPOKEN[:160], 5000)
    assert len(arrivals.take(SPOKEN[:160], 5020 + jump_ms)) == 1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=50), st.floats(0.2, 10))
def test_calls_never_begin_faster_than_the_account_allows(pauses: list[float], rate: float) -> None:
    gate, now, began = StartGate(rate), 0.0, []
    for pause in pauses:
        now += pause
        began.append(now + gate.wait_before(now))
    assert all(later - earlier >= 1 / rate - 1e-9 for earlier, later in pairwise(began))


def test_the_first_call_need_not_wait() -> None:
    assert StartGate(1.0).wait_before(1000.0) == 0.0
