"""What was worked out lately is not worked out again: many keys in, those that are new worked out at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """A function of many keys at once that remembers its values for the last ``most`` keys.

    Safe among threads: two that ask for the same at the same moment may both work it out.
    """

    def __init__(self, work: Callable[[Sequence[Key]], Sequence[Value]], most: int) -> None:
        """``work`` gives a value for each of some different keys, in their order."""
        self._work = work
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def __call__(self, keys: Sequence[Key]) -> list[Value]:
        """The values of the keys, in their order."""
        with self._lock:
            known = {key: self._values[key] for key in keys if key in self._values}
        new = [key for key in dict.fromkeys(keys) if key not in known]
        if new:
            known |= zip(new, self._work(new), strict=True)
        with self._lock:
            for key in keys:
                self._values[key] = known[key]
                self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return [known[key] for key in keys]
