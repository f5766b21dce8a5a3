"""Importing less: what a library imports for features that are not used here."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class _WhenUsed(ModuleType):
    """Stands in for a module until something of it is wanted.

    ``importlib.util.LazyLoader`` does not do: before Python 3.12 the import statement itself makes it load.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":  # asked by whoever looks at all modules
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def when_used(name: str) -> None:
    """Have a module that others are about to import loaded when something of it is first used, if ever.

    To be called before they are imported; changes nothing when it is loaded already, or not installed.
    """
    if name not in sys.modules and find_spec(name) is not None:
        sys.modules[name] = _WhenUsed(name)
