"""Import a roster: read and check the whole file, then take the good rows into the ledger at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from campaigns.policies import Policies
from campaigns.policy import load_policy
from campaigns.roster.areas import Areas
from campaigns.roster.errors import Fault, RosterError
from campaigns.roster.headers import Header, find_header
from campaigns.roster.intake import Intake, Progress, RosterRow
from campaigns.roster.reading import read_rows
from campaigns.roster.report import RosterReport
from campaigns.roster.rowcells import ReadingRules
from campaigns.roster.sheets import open_sheets
from campaigns.roster.telephones import Numbering
from campaigns.roster.troubles import ReportLanguage
from records.locks import take_turns
from records.sessions import Ledger


@dataclass(frozen=True, slots=True)
class RosterSettings:
    """How a deployment imports its rosters."""

    timezone: str = "Asia/Shanghai"
    """Of the areas that an import makes; ages are counted by its calendar day."""
    language: ReportLanguage = "zh-CN"
    """Of the report."""
    actor: str = "roster"
    """Who imports, for the audit trail: a worker's login."""


def import_roster(
    ledger: Ledger,
    path: Path,
    *,
    now: datetime,
    area: str | None = None,
    default_region: str = "CN",
    default_area_code: str | None = None,
    settings: RosterSettings | None = None,
    progress: Progress | None = None,
) -> RosterReport:
    """Import the roster at ``path``; importing it again changes nothing.

    ``area`` is the district's name (else the form's own, else the ledger's one). ``default_area_code``
    completes landlines written without theirs, e.g. ``0533``. Bad rows are reported and left out, or taken
    without their bad cells. Raises RosterError when the file is no roster at all, and LedgerError; in both
    cases nothing is written.
    """
    settings = settings or RosterSettings()
    report = RosterReport(language=settings.language)
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    with ledger.reading() as session:
        youngest = Policies.read(session).youngest(today)
    rules = ReadingRules(
        policy=load_policy().model_copy(update={"minimum_age": youngest}),
        today=today,
        numbering=Numbering(default_region, default_area_code),
        language=settings.language,
    )
    rows = _read(path, rules, report)
    with ledger.session() as session, session.no_autoflush:
        take_turns(session, "roster")
        areas = Areas(session, district=area, timezone=settings.timezone)
        intake = Intake(session, areas, rules, report, now=now, actor=settings.actor)
        intake.take(rows, progress or _in_silence)
    return report


def _in_silence(done: int, total: int) -> None:
    """Nobody watches."""


def _read(path: Path, rules: ReadingRules, report: RosterReport) -> list[RosterRow]:
    rows: list[RosterRow] = []
    found_header = False
    for sheet in open_sheets(path):
        header = find_header(sheet)
        if header is None:
            report.skipped_sheets += [sheet.name] if sheet.rows else []
            continue
        found_header = True
        report.unknown_columns += header.unknown
        titles = _titles(header)
        for row, entry, problems in read_rows(header, sheet.name, rules):
            rows.append(RosterRow(row.number, sheet.name, titles, entry))
            report.problems += problems
    if not found_header:
        raise RosterError(Fault.NO_HEADER, path)
    if not rows:
        raise RosterError(Fault.NO_ROWS, path)
    report.rows = len(rows)
    return rows


def _titles(header: Header) -> dict[str, str]:
    return {name: header.titles[index] for name, index in header.single.items()}
