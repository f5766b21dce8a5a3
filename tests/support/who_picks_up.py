"""Whoever picks up when the robot rings relatives and workers: by keys, in silence, or not at all."""

from __future__ import annotations

from collections.abc import Callable

from support.telephone import Behaviour, hang_up, hum, press, quiet, say, tone, until_robot_is_silent


def presses(*keys: str) -> Callable[[], Behaviour]:
    """Hears the robot out and presses a key, once for each question."""

    def behaviour() -> Behaviour:
        for key in keys:
            yield from until_robot_is_silent(for_s=2.0)
            yield from press(key)

    return behaviour


def greets_and_presses(*keys: str) -> Callable[[], Behaviour]:
    """The same after a word of one's own."""

    def behaviour() -> Behaviour:
        yield from say(hum(0.6))
        yield from presses(*keys)()

    return behaviour


def says_nothing() -> Behaviour:
    yield from quiet(1.0)


def hangs_up() -> Behaviour:
    yield from until_robot_is_silent()
    yield from hang_up()


def voicemail() -> Behaviour:
    """Six seconds of an announcement, a tone, and nobody."""
    yield from say(hum(6.0))
    yield from say(tone(0.8, 1000.0))
    yield from quiet(30.0)
