"""A gateway holds what it uses: no web framework, and no libraries for pictures, films and workbooks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from speech.imports import when_used


def test_a_gateway_imports_nothing_of_the_panel():
    look = "import json, sys, wenan.product; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", look], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(told.stdout))
    assert "ivr.call" in loaded
    panels = {
        "flask",
        "werkzeug",
        "jinja2",
        "openpyxl",
        "PIL",
        "av._core",
        "pypinyin.phrases_dict",
        "web.app",
    }
    assert not loaded & panels


def test_a_module_that_is_not_used_is_not_loaded_and_one_that_is_used_is_itself(
    tmp_path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "films.py").write_text("LOADED = True\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "films", raising=False)
    when_used("films")
    import films  # noqa: PLC0415

    assert not hasattr(films, "__file__"), "nobody has used it"
    assert films.LOADED
    import films as again  # noqa: PLC0415

    assert again.__file__ == str(tmp_path / "films.py")
    monkeypatch.delitem(sys.modules, "films")


def test_what_is_not_installed_is_still_missing():
    when_used("no_such_module_anywhere")
    with pytest.raises(ModuleNotFoundError):
        import no_such_module_anywhere  # noqa: F401, PLC0415
