"""The command line as a person meets it: one clear line for foreseeable trouble, nothing half-written."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from wenan.cli import errors

ROOT = Path(__file__).parent.parent.parent


def wenan(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "WENAN_DATA_DIR": str(tmp_path / "data"),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),  # this checkout, whatever else is installed
        "PYTHONUTF8": "1",
        **environment,
    }
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "wenan", *arguments],
        cwd=tmp_path,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.stderr
    return lines[0]


def test_an_answer_in_writing_is_understood_as_json(tmp_path: Path) -> None:
    result = wenan(tmp_path, "understand", "--question", "falls", "--text", "没摔过", "--json")
    assert result.returncode == 0, result.stderr
    taken = json.loads(result.stdout)
    assert (taken["answer"], taken["urgency"], taken["codes"], taken["confirm"]) == ("ok", "none", [], False)


def test_a_cry_for_help_in_writing_is_an_emergency(tmp_path: Path) -> None:
    result = wenan(
        tmp_path, "understand", "--question", "anything_else", "--text", "救命啊，快来人", "--json"
    )
    assert json.loads(result.stdout)["urgency"] == "emergency"


def test_an_unknown_question_is_one_line(tmp_path: Path) -> None:
    result = wenan(tmp_path, "understand", "--question", "weather", "--text", "好")
    assert result.returncode == errors.USAGE
    assert "weather" in one_line(result)


def test_an_unknown_script_version_is_one_line(tmp_path: Path) -> None:
    result = wenan(tmp_path, "simulate", "standard", "--version", "99")
    assert result.returncode == errors.USAGE
    assert "99" in one_line(result)


def test_a_missing_model_is_one_line_that_says_how_to_get_it(tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes((ROOT / "tests" / "data" / "voices" / "dui.wav").read_bytes())
    result = wenan(tmp_path, "hear", str(sound), WENAN_MODELS_DIR=str(tmp_path / "none"))
    assert result.returncode == errors.MODEL_MISSING
    assert "wenan models fetch" in one_line(result)


def test_a_file_that_is_no_roster_leaves_nothing_behind(tmp_path: Path) -> None:
    bad = tmp_path / "roster.xlsx"
    bad.write_bytes(b"this is no spreadsheet")
    result = wenan(tmp_path, "roster", "import", str(bad))
    assert result.returncode == errors.BAD_INPUT
    assert "roster.xlsx" in one_line(result)
    status = wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    assert "24 new" in status.stdout


def test_importing_the_example_twice_changes_nothing(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    again = wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    assert "0 new, 0 changed, 24 as before" in again.stdout


def test_a_campaign_is_created_shown_paused_and_started(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    assert "24 to be phoned" in wenan(tmp_path, "campaign", "create", "本月").stdout
    assert wenan(tmp_path, "campaign", "pause", "本月").returncode == 0
    assert "paused" in wenan(tmp_path, "campaign", "status").stdout
    assert wenan(tmp_path, "campaign", "start", "本月").returncode == 0
    assert wenan(tmp_path, "campaign", "pause", "下月").returncode == errors.USAGE
    for name, *wrong in (("坏", "--tier", "vip"), ("很" * 121,)):
        refused = wenan(tmp_path, "campaign", "create", name, *wrong)
        assert (refused.returncode, bool(one_line(refused))) == (errors.USAGE, True), refused.stderr


def test_areas_and_elders_have_hours_of_their_own(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    wide = {"COLUMNS": "200"}
    areas = wenan(tmp_path, "area", "list", **wide).stdout
    assert "as campaigns say" in areas
    set_hours = wenan(
        tmp_path, "area", "hours", "1", "--hours", "09:00-17:30", "--no-holidays", "--timezone", "Asia/Urumqi"
    )
    assert "09:00-12:00, 14:00-17:30, no holidays, Asia/Urumqi" in set_hours.stdout, set_hours.stderr
    assert "(from above)" in wenan(tmp_path, "area", "list", **wide).stdout
    wrong = wenan(tmp_path, "area", "hours", "1", "--timezone", "Asia/Zichuan")
    assert (wrong.returncode, "Asia/Zichuan" in one_line(wrong)) == (errors.USAGE, True)
    assert wenan(tmp_path, "area", "hours", "Atlantis").returncode == errors.USAGE
    assert "0 of 2 lines in use" in wenan(tmp_path, "area", "lines", "1", "2").stdout
    assert "0 of 2" in wenan(tmp_path, "area", "list", **wide).stdout
    assert wenan(tmp_path, "area", "lines", "1", "0").returncode == errors.USAGE
    assert "as many lines as there are" in wenan(tmp_path, "area", "lines", "1", "--clear").stdout

    away = wenan(tmp_path, "elder", "away", "1", "--until", "2999-01-01", "--why", "in_hospital")
    assert "is not phoned until 2999-01-01" in away.stdout, away.stderr
    assert "2999-01-01" in wenan(tmp_path, "elder", "absent", **wide).stdout
    assert "23 to be phoned" in wenan(tmp_path, "campaign", "create", "本月", "--no-weekends").stdout
    assert wenan(tmp_path, "elder", "away", "2", "--until", "2020-01-01").returncode == errors.USAGE
    assert "phoned again" in wenan(tmp_path, "elder", "back", "1").stdout
    assert wenan(tmp_path, "elder", "back", "1").returncode == errors.USAGE
    assert "Tue, Thu 06:00-12:00" in wenan(tmp_path, "elder", "wish", "1", "周二周四上午").stdout
    assert "0 orders closed" in wenan(tmp_path, "elder", "heard", "1").stdout
    assert "may not be rung" in wenan(tmp_path, "elder", "contacts", "1", "no").stdout
    assert wenan(tmp_path, "elder", "wish", "1", "周末别打").returncode == errors.USAGE
    assert wenan(tmp_path, "elder", "wish", "何人", "随时").returncode == errors.USAGE


def test_a_policy_is_exported_changed_checked_imported_compared_and_shown(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    assert wenan(tmp_path, "policy", "show", "--output", "mine.yaml").returncode == 0
    mine = tmp_path / "mine.yaml"
    text = mine.read_text(encoding="utf-8")
    mine.write_text(
        text.replace("district-2023.2", "town-1").replace("general: monthly", "general: 14"), encoding="utf-8"
    )
    checked = wenan(tmp_path, "policy", "check", "mine.yaml", COLUMNS="200")
    assert "how often monthly → 14" in checked.stdout, checked.stderr
    asked = wenan(tmp_path, "policy", "import", "mine.yaml", "--area", "1")
    assert (asked.returncode, "town-1" in wenan(tmp_path, "policy", "history").stdout) == (1, False)
    saved = wenan(tmp_path, "policy", "import", "mine.yaml", "--area", "1", "--yes", "--note", "new plan")
    assert "Version town-1 is in force" in saved.stdout, saved.stderr
    assert "general: 14" in wenan(tmp_path, "policy", "show", "--area", "1").stdout
    assert "+    general: 14" in wenan(tmp_path, "policy", "diff", "shipped", "town-1").stdout
    assert "new plan" in wenan(tmp_path, "policy", "history", COLUMNS="200").stdout
    mine.write_text("version: x", encoding="utf-8")
    assert wenan(tmp_path, "policy", "show", "--output", "nowhere/x.yaml").returncode == errors.USAGE
    wrong = wenan(tmp_path, "policy", "check", "mine.yaml")
    assert (wrong.returncode, "mine.yaml is wrong at" in one_line(wrong)) == (errors.BAD_INPUT, True)


def test_a_campaign_is_extended_stopped_and_exported(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    assert wenan(tmp_path, "campaign", "create", "本月", "--days", "7").returncode == 0
    assert (
        "lasts until 2999-01-31"
        in wenan(tmp_path, "campaign", "extend", "本月", "--until", "2999-01-31").stdout
    )
    assert wenan(tmp_path, "campaign", "extend", "本月", "--until", "2020-01-31").returncode == errors.USAGE
    stopped = wenan(tmp_path, "campaign", "stop", "本月", "--reason", "台风")
    assert "not called by it any more: 24" in stopped.stdout, stopped.stderr
    assert wenan(tmp_path, "campaign", "stop", "本月").returncode == errors.USAGE
    assert "24 visits are in" in wenan(tmp_path, "export", "visits", "本月", "--output", "visits.csv").stdout
    file = tmp_path / "visits.csv"
    assert file.read_text(encoding="utf-8-sig").count("cancelled") == 24
    assert file.stat().st_mode & 0o077 == 0
    assert wenan(tmp_path, "export", "visits", "无", "--output", "no.csv").returncode == errors.USAGE
    assert wenan(tmp_path, "export", "rates", "--output", "rates.csv").returncode == 0
    rates = (tmp_path / "rates.csv").read_text(encoding="utf-8-sig")
    assert "all,,0,24,0," in rates
    assert "month satisfied,month said" in rates
    assert "0 services are in" in wenan(tmp_path, "export", "feedback", "--output", "said.csv").stdout


def test_surge_days_are_declared_listed_and_called_off(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    options = ("--every", "3", "--until", "2999-08-10", "--kind", "heat", "--module", "summer_heat")
    declared = wenan(tmp_path, "surge", "declare", "高温", *options)
    assert "24 elders visited every 3 days" in declared.stdout, declared.stderr
    assert "summer_heat" in wenan(tmp_path, "surge", "list", COLUMNS="200").stdout
    wrong = wenan(tmp_path, "surge", "declare", "别的", *options[:-1], "astrology")
    assert (wrong.returncode, "astrology" in one_line(wrong)) == (errors.USAGE, True)
    assert wenan(tmp_path, "surge", "end", "高温").returncode == 0
    assert wenan(tmp_path, "surge", "end", "高温").returncode == errors.USAGE


def test_a_forecast_opens_nothing_and_says_whether_the_lines_suffice(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    options = ("--from", "2999-01-07", "--days", "1", "--forecast", "--hours", "09:00-09:20")
    short = wenan(
        tmp_path, "campaign", "create", "试", *options, COLUMNS="200", WENAN_MAX_CONCURRENT_CALLS="1"
    )
    assert "not be rung even once by 2999-01-07" in short.stdout, short.stderr
    assert "lines would do" in short.stdout
    assert wenan(tmp_path, "campaign", "forecast", "试").returncode == errors.USAGE
    wenan(tmp_path, "campaign", "create", "真", "--days", "3")
    shown = wenan(tmp_path, "campaign", "forecast", "真", COLUMNS="200").stdout
    assert "Everybody is rung by" in shown
    assert "hours of line time" in shown


def test_a_dry_run_phones_the_village_by_the_very_terms_and_opens_nothing(tmp_path: Path) -> None:
    tried = wenan(tmp_path, "campaign", "create", "试", "--attempts", "2", "--dry-run", COLUMNS="200")
    assert "nothing was rung" in tried.stdout, tried.stderr
    assert "24 elders" in tried.stdout
    assert "试" not in wenan(tmp_path, "campaign", "status").stdout


def test_the_calendar_shows_holidays_make_up_days_and_what_is_not_known(tmp_path: Path) -> None:
    known = wenan(tmp_path, "calendar", "--from", "2026-02-14", "--days", "4").stdout
    assert "make-up workday" in known
    assert "春节" in known
    unknown = wenan(tmp_path, "calendar", "--from", "2060-01-01", "--days", "1").stdout
    assert "holiday (not announced)" in unknown
    assert "holidays of 2060 are not known" in unknown
    assert wenan(tmp_path, "calendar", "--from", "tomorrow").returncode == errors.USAGE


def test_a_port_in_use_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = wenan(tmp_path, "serve", WENAN_PORT=port)
    assert result.returncode == errors.PORT_IN_USE
    assert port in one_line(result)


@pytest.mark.parametrize(("name", "value"), [("WENAN_PORT", "many"), ("WENAN_LINE", "carrier-pigeon")])
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, name: str, value: str) -> None:
    result = wenan(tmp_path, "campaign", "status", **{name: value})
    assert result.returncode == errors.USAGE
    assert name in one_line(result)


def test_a_lost_key_is_one_line(tmp_path: Path) -> None:
    wenan(tmp_path, "roster", "import", str(ROOT / "examples" / "roster.xlsx"))
    (tmp_path / "data" / "wenan.key").unlink()
    result = wenan(tmp_path, "campaign", "status")
    assert result.returncode == errors.LEDGER
    assert "key" in one_line(result)


@pytest.mark.models
def test_unreadable_audio_is_one_line_and_the_other_files_are_heard(tmp_path: Path) -> None:
    models = Path("~/.cache/wenan/models").expanduser()
    if not (models / "whisper-base" / "model.bin").is_file():
        pytest.skip("the model whisper-base is not installed: make models")
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    good.write_bytes((ROOT / "tests" / "data" / "voices" / "kuai_jiu_ming.wav").read_bytes())
    bad.write_bytes(b"no sound")
    arguments = ("hear", str(bad), str(good), "--question", "anything_else", "--json")
    result = wenan(tmp_path, *arguments, WENAN_MODELS_DIR=str(models), WENAN_LOG_LEVEL="error")
    assert result.returncode == errors.BAD_INPUT
    assert "bad.wav" in one_line(result)
    assert json.loads(result.stdout)["urgency"] == "emergency"


def test_a_sip_line_without_a_server_starts_nothing(tmp_path: Path) -> None:
    result = wenan(tmp_path, "serve", WENAN_LINE="sip")
    assert result.returncode in {errors.USAGE, errors.LINE}
    assert "sip" in one_line(result).lower()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "line", "said"),
    [
        (("13800000000",), "none", "WENAN_LINE=sip"),
        (("12345",), "sip", "12345 cannot be dialled"),
        (("13800000000", "--lang", "fr"), "sip", "--lang fr"),
        (("13800000000",), "twilio", "WENAN_LINE=twilio cannot be used"),
    ],
)
def test_a_trial_call_that_cannot_be_made_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], line: str, said: str
) -> None:
    result = wenan(tmp_path, "call", *arguments, WENAN_LINE=line)
    assert result.returncode == errors.USAGE
    assert said in one_line(result)
