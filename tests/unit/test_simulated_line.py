"""The simulated telephone network does what real ones do to us, and keeps the proof of whom it rang."""

import asyncio
from datetime import datetime, timedelta

import numpy as np
import pytest
from support.lines import MORNING, NUMBER, receive_all, with_line
from support.telephone import Person, hang_up, press, say, tone

from ivr.clock import LoopClock, SystemClock
from ivr.lines import AudioFrame, CallNotConnectedError, Disposition, FarEndHungUp, KeyPressed
from ivr.lines.incoming import Incoming
from ivr.lines.simulated import AlreadyDialledError, Ring, SimulatedLine
from ivr.lines.wire import SILENCE
from ivr.virtual_time import run_virtual
from speech.audio import mulaw_decode, mulaw_encode
from speech.types import FRAME_SAMPLES

# Nobody is reached


@pytest.mark.parametrize(
    ("ring", "disposition", "seconds"),
    [
        (Ring(None, Disposition.BUSY), Disposition.BUSY, 2),
        (Ring(None, Disposition.REJECTED, decides_after_s=9), Disposition.REJECTED, 9),
        (Ring(None, Disposition.INVALID_NUMBER), Disposition.INVALID_NUMBER, 2),
        (Ring(None, Disposition.FAILED), Disposition.FAILED, 2),
        (Ring(None), Disposition.NO_ANSWER, 45),
        (Ring(50.0), Disposition.NO_ANSWER, 45),
    ],
)
def test_a_telephone_that_nobody_answers_says_how(ring: Ring, disposition: Disposition, seconds: int):
    async def story(line: SimulatedLine, clock: LoopClock) -> datetime:
        with pytest.raises(CallNotConnectedError) as caught:
            await line.dial(NUMBER, reference="a1", ring_seconds=45)
        assert caught.value.disposition is disposition
        return clock.now()

    assert with_line(Person(ring=ring), story) == MORNING + timedelta(seconds=seconds)


def test_a_number_that_nobody_has_is_invalid():
    async def story(line: SimulatedLine, _clock: LoopClock) -> None:
        with pytest.raises(CallNotConnectedError, match="invalid_number: nobody has this number"):
            await line.dial("+865339999999", reference="a1")

    with_line(Person(), story)


def test_a_melody_while_it_rings_is_not_an_answer():
    person = Person(ring=Ring(None, early_media=True))

    async def story(line: SimulatedLine, _clock: LoopClock) -> None:
        with pytest.raises(CallNotConnectedError) as caught:
            await line.dial(NUMBER, reference="a1")
        assert caught.value.disposition is Disposition.NO_ANSWER
        assert line.journal[0].early_media
        assert line.journal[0].answered_at is None

    with_line(person, story)
    assert person.heard == []


# Somebody calls us


def test_whoever_calls_while_nobody_takes_calls_hears_that_we_are_busy():
    async def story(line: SimulatedLine, _clock: LoopClock) -> None:
        entry = line.call_in(NUMBER, Person())
        assert (entry.number, entry.cause, entry.answered_at) == (NUMBER, "busy", None)

    with_line(Person(), story)


def test_whoever_calls_is_answered_or_refused_by_whoever_takes_calls():
    async def story(line: SimulatedLine, _clock: LoopClock) -> None:
        rung: list[Incoming] = []
        line.take_calls(rung.append)
        first, second = line.call_in(NUMBER, Person(lambda: say(tone(0.1)))), line.call_in("", Person())
        call = await rung[0].answer()
        await rung[1].refuse()
        heard = await call.receive()
        assert isinstance(heard, AudioFrame)
        assert heard.pcm.any(), "they are heard from their first frame on"
        await call.hang_up()
        assert (rung[0].number, rung[1].number) == (NUMBER, "")
        assert (first.cause, second.cause) == ("hung up here", "busy")
        assert first.reference == rung[0].provider_call_id == call.provider_call_id
        assert first.reference != second.reference

    with_line(Person(), story)


def test_somebody_who_was_rung_in_vain_sees_the_number_and_calls_it():
    async def story(line: SimulatedLine, clock: LoopClock) -> None:
        rung: list[Incoming] = []
        line.take_calls(rung.append)
        with pytest.raises(CallNotConnectedError):
            await line.dial(NUMBER, reference="a1")
        await clock.sleep(299)
        assert not rung
        await clock.sleep(2)
        assert [incoming.number for incoming in rung] == [NUMBER]

    with_line(Person(ring=Ring(None, Disposition.BUSY, calls_back_after_s=300.0)), story)


# Nobody is called twice


@pytest.mark.parametrize("ring", [Ring(1.0), Ring(None, Disposition.BUSY)])
def test_an_attempt_that_was_dialled_is_never_dialled_again(ring: Ring):
    person = Person(ring=ring)

    async def story(line: SimulatedLine, clock: LoopClock) -> None:
        try:
            call = await line.dial(NUMBER, reference="visit-7/1")
            await call.hang_up()
        except CallNotConnectedError:
            pass
        await clock.sleep(3600)
        with pytest.raises(AlreadyDialledError, match="visit-7/1"):
            await line.dial(NUMBER, reference="visit-7/1")

    with_line(person, story)
    assert len(person.rung_at) == 1


def test_two_at_once_for_the_same_attempt_ring_one_telephone_once():
    person = Person()

    async def story(line: SimulatedLine, _clock: LoopClock) -> None:
        results = await asyncio.gather(
            *(line.dial(NUMBER, reference="visit-7/1") for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in results) == ["AlreadyDialledError", "SimulatedCall"]

    with_line(person, story)
    assert len(person.rung_at) == 1


def test_the_journal_keeps_even_a_call_that_was_given_up_while_it_rang():
    async def story(line: SimulatedLine, clock: LoopClock) -> None:
        dialling = asyncio.create_task(line.dial(NUMBER, reference="a1"))
        await clock.sleep(1)
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        (entry,) = line.journal
        assert (entry.reference, entry.answered_at) == ("a1", None)
        assert entry.ended_at == MORNING + timedelta(seconds=1)
        assert entry.cause == "dialling was given up"

    with_line(Person(), story)


# A connected call


def test_somebody_answers_after_some_ringing():
    async def story(line: SimulatedLine, clock: LoopClock) -> None:
        call = await line.dial(NUMBER, reference="a1")
        assert clock.now() == MORNING + timedelta(seconds=12)
        await call.hang_up()
        (entry,) = line.journal
        assert (entry.number, entry.dialled_at) == (NUMBER, MORNING)
        assert entry.answered_at == entry.ended_at == MORNING + timedelta(seconds=12)
        assert entry.cause == "hung up here"

    with_line(Person(ring=Ring(12.0)), story)


def test_a_frame_comes_every_20_ms_also_while_nobody_says_anything():
    async def story(line: SimulatedLine, clock: LoopClock) -> list[float]:
        call = await line.dial(NUMBER, reference="a1")
        answered = clock.now()
        moments = []
        for _ in range(500):
            assert await call.receive() == AudioFrame(SILENCE)
            moments.append((clock.now() - answered).total_seconds())
        return moments

    moments = with_line(Person(), story)
    assert moments == pytest.approx([0.02 * n for n in range(1, 501)], abs=1e-4)


def test_sending_is_paced_by_the_line():
    person = Person()

    async def story(line: SimulatedLine, clock: LoopClock) -> float:
        call = await line.dial(NUMBER, reference="a1")
        answered = clock.now()
        for _ in range(100):
            await call.send(SILENCE)
        await call.hang_up()
        return (clock.now() - answered).total_seconds()

    assert with_line(person, story) == pytest.approx(2.0, abs=1e-4)
    assert len(person.heard) == 100


def test_the_far_end_hears_silence_while_the_robot_sends_nothing():
    person = Person()

    async def story(line: SimulatedLine, clock: LoopClock) -> None:
        call = await line.dial(NUMBER, reference="a1")
        await clock.sleep(1.001)
        await call.hang_up()

    with_line(person, story)
    assert len(person.heard) == 50
    assert not np.concatenate(person.heard).any()


def test_both_sides_hear_each_other_through_mu_law():
    ours, theirs = tone(0.1, 500), tone(0.1, 900)
    person = Person(lambda: say(theirs))

    async def story(line: SimulatedLine, _clock: LoopClock) -> list[AudioFrame]:
        call = await line.dial(NUMBER, reference="a1")
        got = []
        for at in range(0, len(ours), FRAME_SAMPLES):
            await call.send(ours[at : at + FRAME_SAMPLES])
            got.append(await call.receive())
        return got

    got = with_line(person, story)
    assert np.array_equal(np.concatenate([frame.pcm for frame in got]), mulaw_decode(mulaw_encode(theirs)))
    assert np.array_equal(np.concatenate(person.heard[:5]), mulaw_decode(mulaw_encode(ours)))


def test_keys_arrive_in_order_among_the_audio():
    person = Person(lambda: press("3", "3", "0"))

    async def story(line: SimulatedLine, _clock: LoopClock) -> list[str]:
        call = await line.dial(NUMBER, reference="a1")
        events = [await call.receive() for _ in range(23)]
        return [event.digit for event in events if isinstance(event, KeyPressed)]

    assert with_line(person, story) == ["3", "3", "0"]


def test_who_hangs_up_is_heard_to_the_last_frame():
    def behaviour():
        yield from say(tone(0.06))
        yield from hang_up()

    async def story(line: SimulatedLine, _clock: LoopClock) -> list[object]:
        call = await line.dial(NUMBER, reference="a1")
        events = await receive_all(call)
        assert await call.receive() == FarEndHungUp("normal")
        await call.hang_up()
        assert line.journal[0].cause == "normal"
        return events

    *audio, end = with_line(Person(behaviour), story)
    assert len(audio) == 4
    assert end == FarEndHungUp("normal")


def test_nobody_waits_for_ever_on_a_call_that_was_hung_up_here():
    async def story(line: SimulatedLine, _clock: LoopClock) -> object:
        call = await line.dial(NUMBER, reference="a1")
        receiving = asyncio.create_task(call.receive())
        sending = asyncio.create_task(call.send(SILENCE))
        await asyncio.sleep(0)
        await call.hang_up()
        await call.hang_up()
        await sending
        return await receiving

    assert with_line(Person(), story) == FarEndHungUp("hung up here")


def test_sending_into_a_dead_line_takes_its_time_and_goes_nowhere():
    person = Person(hang_up)

    async def story(line: SimulatedLine, clock: LoopClock) -> float:
        call = await line.dial(NUMBER, reference="a1")
        await receive_all(call)
        before = clock.now()
        for _ in range(50):
            await call.send(tone(0.02))
        return (clock.now() - before).total_seconds()

    assert with_line(person, story) == pytest.approx(1.0)
    assert len(person.heard) == 1


@pytest.mark.parametrize("samples", [0, 159, 161])
def test_what_is_not_a_frame_is_refused(samples: int):
    async def story(line: SimulatedLine, _clock: LoopClock) -> None:
        call = await line.dial(NUMBER, reference="a1")
        with pytest.raises(ValueError, match=f"A frame has 160 samples, not {samples}"):
            await call.send(np.zeros(samples, np.int16))

    with_line(Person(), story)


def test_a_far_end_that_stumbles_ends_its_own_call_only(caplog: pytest.LogCaptureFixture):
    class Clumsy(Person):
        def frame(self, _heard):
            raise ZeroDivisionError("persona fell over")

    people = {"+861": Clumsy(), "+862": Person(lambda: say(tone(0.1)))}

    async def main(clock: LoopClock) -> tuple[object, list[object]]:
        line = SimulatedLine(people.__getitem__, clock)
        clumsy, other = await asyncio.gather(*(line.dial(number, reference=number) for number in people))
        return await clumsy.receive(), [await other.receive() for _ in range(5)]

    stumbled, heard = run_virtual(main, MORNING)
    assert stumbled == FarEndHungUp("the far end failed")
    assert all(isinstance(event, AudioFrame) and event.pcm.any() for event in heard)
    assert "persona fell over" in caplog.text


def test_two_hundred_calls_keep_their_pace_exactly():
    async def main(clock: LoopClock) -> list[float]:
        line = SimulatedLine(lambda _number: Person(), clock)
        loop = asyncio.get_running_loop()

        async def one(index: int) -> float:
            call = await line.dial(f"+86{index}", reference=str(index))
            began, worst = loop.time(), 0.0
            for n in range(1, 101):
                await asyncio.gather(call.send(SILENCE), call.receive())
                # The first frame may come at once: all calls of a line share one beat.
                worst = max(worst, abs(loop.time() - began - n * 0.02))
            await call.hang_up()
            return worst

        return await asyncio.gather(*(one(index) for index in range(200)))

    assert max(run_virtual(main, MORNING)) < 0.0201


def test_after_the_last_call_time_may_jump_again():
    async def story(line: SimulatedLine, clock: LoopClock) -> None:
        for attempt in range(3):
            call = await line.dial(NUMBER, reference=f"a{attempt}")
            await call.receive()
            await call.hang_up()
            await clock.sleep(86_400)

    with_line(Person(), story)


def test_on_the_real_clock_the_same_line_keeps_real_time():
    async def main() -> tuple[float, int]:
        person = Person(ring=Ring(0.01))
        line = SimulatedLine({NUMBER: person}.__getitem__, SystemClock())
        call = await line.dial(NUMBER, reference="a1")
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(15):
            await call.receive()
        took = loop.time() - began
        await call.hang_up()
        return took, len(person.heard)

    took, frames = asyncio.run(main())
    assert 0.28 < took < 3.0
    assert frames >= 15
