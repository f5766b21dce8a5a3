"""Take the rows of one file into the ledger, and note what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.policies import Policies
from campaigns.roster.areas import Areas
from campaigns.roster.entries import Entry
from campaigns.roster.merging import correct, new_elder
from campaigns.roster.registry import OtherIdError, Registry
from campaigns.roster.report import RosterReport, problem_of
from campaigns.roster.rowcells import ReadingRules
from campaigns.roster.troubles import Trouble
from campaigns.standing import settle
from campaigns.tiers import VisitMode, reason_text
from records.audit import audit
from records.people import Elder
from records.sealing import keyring

LANGUAGE_OF_REGION = {"CN": "zh-CN", "ES": "es", "MX": "es", "AR": "es", "CO": "es", "US": "en", "GB": "en"}
"""What an elder of a roster without a language column is taken to speak; elsewhere nobody is phoned."""
BATCH = 500
"""Elders written at once."""

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows in all."""


@dataclass(slots=True)
class RosterRow:
    """One row about an elder; the entry is None when nothing of it can be taken."""

    number: int
    sheet: str
    titles: Mapping[str, str]
    """Headers as written, by the column's name in the vocabulary."""
    entry: Entry | None


class Intake:
    """Takes the rows of one file into the ledger, within one transaction."""

    def __init__(
        self,
        session: Session,
        areas: Areas,
        rules: ReadingRules,
        report: RosterReport,
        *,
        now: datetime,
        actor: str,
    ) -> None:
        self._session = session
        self._areas = areas
        self._rules = rules
        self._report = report
        self._now = now
        self._actor = actor
        self._ring = keyring()
        self._policies = Policies.read(session, areas.parents)
        self._met: dict[Elder, Entry] = {}
        self._to_audit: list[tuple[Elder, str, list[str]]] = []

    def take(self, rows: list[RosterRow], progress: Progress) -> None:
        """Take all rows, and note in the audit trail what changed."""
        self._registry = Registry(self._session, [row.entry for row in rows if row.entry], self._ring)
        for done, row in enumerate(rows, start=1):
            if row.entry:
                self._take_one(row, row.entry)
            if len(self._to_audit) >= BATCH:
                self._write()
            progress(done, len(rows))
        self._write()
        self._report_standing()
        if self._report.added or self._report.updated:
            self._audit_import()

    def _take_one(self, row: RosterRow, entry: Entry) -> None:
        try:
            elder = self._registry.find(entry)
        except OtherIdError:
            self._leave_out(row, Trouble.SAME_PERSON_OTHER_ID, "resident_id")
            return
        if elder in self._met:
            self._meet_again(row, entry, self._met[elder])
            return
        is_new = elder is None
        elder = elder or self._add(entry)
        self._met[elder] = entry
        changed = correct(elder, entry, self._areas, self._ring, self._now)
        if entry.resident_id or is_new:
            elder.roster_key = self._registry.roster_key(entry)
        if entry.address or is_new:
            elder.place_key = self._registry.place_key(entry)
        if settle(elder, self._policies.of(elder.area_id, self._rules.today), self._rules.today):
            changed.append("standing")
        self._registry.remember(elder)
        self._count(elder, changed, is_new=is_new)

    def _add(self, entry: Entry) -> Elder:
        elder = new_elder(entry, self._now)
        elder.language = LANGUAGE_OF_REGION.get(self._rules.numbering.region, "und")
        return elder

    def _count(self, elder: Elder, changed: list[str], *, is_new: bool) -> None:
        if is_new:
            self._session.add(elder)
            self._report.added += 1
            self._to_audit.append((elder, "elder_added", []))
        elif changed:
            elder.updated_at = self._now
            self._report.updated += 1
            self._to_audit.append((elder, "elder_updated", changed))
        else:
            self._report.unchanged += 1

    def _meet_again(self, row: RosterRow, entry: Entry, first: Entry) -> None:
        if entry == first:
            self._report.repeated += 1
        else:
            self._leave_out(row, Trouble.REPEATED_DIFFERENTLY, "name", first=first.row)

    def _leave_out(self, row: RosterRow, trouble: Trouble, column: str, **details: object) -> None:
        entry = row.entry
        value = "" if entry is None else entry.resident_id if column == "resident_id" else entry.name
        self._report.problems.append(
            problem_of(
                trouble,
                row=row.number,
                sheet=row.sheet,
                column=row.titles.get(column, ""),
                value=value,
                kept=False,
                language=self._rules.language,
                **details,
            )
        )

    def _report_standing(self) -> None:
        for elder in self._met:
            if elder.visit_mode == VisitMode.TELEPHONE:
                self._report.to_be_phoned += 1
            else:
                reason = reason_text(elder.mode_reason, self._rules.language)
                self._report.not_phoned.append((elder.name, reason))

    def _write(self) -> None:
        self._session.flush()
        for elder, action, fields in self._to_audit:
            detail = {"fields": fields} if fields else {}
            self._audit(action, "elder", elder.id, **detail)
        self._to_audit.clear()

    def _audit_import(self) -> None:
        counts = {name: getattr(self._report, name) for name in ("added", "updated", "unchanged", "left_out")}
        self._audit("roster_imported", "roster", None, **counts)

    def _audit(self, action: str, subject_type: str, subject_id: int | None, **detail: object) -> None:
        audit(
            self._session,
            at=self._now,
            actor=self._actor,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            **detail,
        )
