"""A roster becomes elders in the ledger: once, whole, and with everything that is wrong told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.rosters import as_rows, elder, resident_id, write_csv, write_xlsx

from campaigns.roster import RosterError, RosterReport, RosterSettings, import_roster
from records.people import Area, Consent, Contact, Elder, Phone
from records.sessions import Ledger
from records.tables import AuditEvent

EXAMPLES = Path(__file__).parents[2] / "examples"
TWO = [elder(), elder("19480127", 905, 姓名="李长林", 联系电话="0533-5550105")]

Import = Callable[..., RosterReport]


@pytest.fixture
def take(ledger: Ledger, tmp_path: Path, now: datetime) -> Import:
    """Import a list of elders as a form."""

    def take(elders: list[dict[str, object]], *, days_later: int = 0, **options: object) -> RosterReport:
        path = write_xlsx(tmp_path / "roster.xlsx", as_rows(elders))
        moment = now + timedelta(days=days_later)
        return import_roster(ledger, path, now=moment, default_area_code="0533", **options)  # type: ignore[arg-type] - options of several types

    return take


def count(ledger: Ledger, table: type[object]) -> int:
    with ledger.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def counts(report: RosterReport) -> tuple[int, int, int, int, int]:
    return (report.added, report.updated, report.unchanged, report.repeated, report.left_out)


def test_elders_come_in_with_all_that_belongs_to_them(ledger: Ledger, take: Import, now: datetime) -> None:
    take(
        [elder(家庭成员="王芳(女儿)13800000201", 村="上溪村", 镇="清溪镇", 需求服务="健康管理")],
        area="淄川区",
    )
    with ledger.reading() as session:
        one = session.scalars(select(Elder)).one()
        assert (one.name, one.sex, one.birth_date) == ("王秀兰", "female", date(1951, 6, 18))
        assert (one.resident_id, one.ability, one.categories) == (resident_id(), "intact", ["living_alone"])
        assert (one.tier, one.visit_mode, one.mode_reason, one.status) == (
            "general",
            "telephone",
            "",
            "active",
        )
        assert (one.wanted_services, one.language, one.created_at) == (["健康管理"], "zh-CN", now)
        assert [(phone.number, phone.kind, phone.position) for phone in one.phones] == [
            ("+865335550101", "landline", 1)
        ]
        assert [(contact.name, contact.relation, contact.number) for contact in one.contacts] == [
            ("王芳", "女儿", "+8613800000201")
        ]
        assert [(consent.kind, consent.granted, consent.source) for consent in one.consents] == [
            ("telephone_visit", True, "roster")
        ]
        village = one.area
        assert (village.level, village.name, village.timezone) == ("community", "上溪村", "Asia/Shanghai")
        assert village.parent is not None
        assert village.parent.parent is not None
        assert [village.parent.name, village.parent.parent.name] == ["清溪镇", "淄川区"]


def test_importing_the_same_file_twice_changes_nothing(ledger: Ledger, take: Import) -> None:
    people = [*TWO, elder("19500101", 900, 姓名="赵六", 身份证号码=None, 出生日期="1950-01-01")]
    assert counts(take(people)) == (3, 0, 0, 0, 0)
    tables = (Elder, Phone, Contact, Consent, Area, AuditEvent)
    before = [count(ledger, table) for table in tables]
    assert counts(take(people, days_later=3)) == (0, 0, 3, 0, 0)
    assert [count(ledger, table) for table in tables] == before


def test_bad_rows_are_told_while_the_good_ones_go_in(ledger: Ledger, take: Import) -> None:
    report = take([TWO[0], elder(身份证号码="370302195106189021", 姓名="任宝山"), TWO[1]])
    assert counts(report) == (2, 0, 0, 0, 1)
    (problem,) = report.problems
    assert (problem.row, problem.column, problem.kept) == (3, "身份证号码", False)
    assert count(ledger, Elder) == 2


def test_a_correction_changes_what_it_names_and_erases_nothing(
    ledger: Ledger, take: Import, now: datetime
) -> None:
    take([elder(备注="住一楼", 家庭成员="王芳(女儿)13800000201")])
    report = take([elder(家庭住址="清溪镇上溪村13号", 身体能力=None, 类别=None)], days_later=1)
    assert counts(report) == (0, 1, 0, 0, 0)
    with ledger.reading() as session:
        one = session.scalars(select(Elder)).one()
        assert (one.address, one.remarks, one.ability) == ("清溪镇上溪村13号", "住一楼", "intact")
        assert one.categories == ["living_alone"]
        assert len(one.contacts) == 1
        assert one.updated_at == now + timedelta(days=1)
        fields = session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "elder_updated")).all()
    assert fields == [{"fields": ["address"]}]


def test_audit_events_name_nobody(ledger: Ledger, take: Import) -> None:
    take(TWO, settings=RosterSettings(actor="sun"))
    with ledger.reading() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.actor, event.action, event.subject_type) for event in events] == [
        ("sun", "elder_added", "elder"),
        ("sun", "elder_added", "elder"),
        ("sun", "roster_imported", "roster"),
    ]
    assert events[-1].detail == {"added": 2, "updated": 0, "unchanged": 0, "left_out": 0}


def test_a_new_number_replaces_the_old_one_which_stays_on_record(ledger: Ledger, take: Import) -> None:
    take([elder(联系电话="0533-5550101")])
    take([elder(联系电话="0533-5550199/13800000101")])
    with ledger.reading() as session:
        phones = session.scalars(select(Phone).order_by(Phone.position)).all()
    assert [(phone.number, phone.status) for phone in phones] == [
        ("+865335550199", "usable"),
        ("+8613800000101", "usable"),
        ("+865335550101", "former"),
    ]
    take([elder(联系电话="0533-5550101")])
    with ledger.reading() as session:
        usable = session.scalars(select(Phone).where(Phone.status == "usable")).all()
    assert [phone.number for phone in usable] == ["+865335550101"]


def test_a_number_found_to_be_wrong_stays_wrong(ledger: Ledger, take: Import) -> None:
    take([elder()])
    with ledger.session() as session:
        session.scalars(select(Phone)).one().status = "wrong_number"
    report = take([elder()])
    assert report.not_phoned == [("王秀兰", "没有可用的电话号码")]
    with ledger.reading() as session:
        assert session.scalars(select(Phone.status)).all() == ["wrong_number"]


def test_a_refusal_on_the_telephone_outlives_the_old_list(
    ledger: Ledger, take: Import, now: datetime
) -> None:
    take([elder()])
    with ledger.session() as session:
        one = session.scalars(select(Elder)).one()
        one.consents.append(
            Consent(
                kind="telephone_visit", granted=False, source="call 7", recorded_at=now + timedelta(days=1)
            )
        )
    report = take([elder()], days_later=2)
    assert report.not_phoned == [("王秀兰", "本人不同意电话探访")]
    assert counts(take([elder()], days_later=3)) == (0, 0, 1, 0, 0)


def test_a_no_on_the_list_counts_at_once_and_a_later_yes_on_the_list_again(take: Import) -> None:
    assert take([elder()]).to_be_phoned == 1
    assert take([elder(是否同意电话探访="否")], days_later=1).not_phoned == [("王秀兰", "本人不同意电话探访")]
    assert take([elder(是否同意电话探访="是")], days_later=2).to_be_phoned == 1


def test_a_worker_who_moved_an_elder_to_visits_at_home_is_not_overruled(ledger: Ledger, take: Import) -> None:
    take([elder()])
    with ledger.session() as session:
        one = session.scalars(select(Elder)).one()
        one.visit_mode, one.mode_reason = "in_home", "孙主任：近期多次摔倒"
    report = take([elder(家庭住址="清溪镇上溪村13号")])
    assert report.not_phoned == [("王秀兰", "孙主任：近期多次摔倒")]


def test_a_contact_added_by_hand_stays(ledger: Ledger, take: Import) -> None:
    take([elder(家庭成员="王芳(女儿)13800000201")])
    with ledger.session() as session:
        one = session.scalars(select(Elder)).one()
        one.contacts.append(Contact(position=2, name="周医生", relation="村医"))
    take([elder(家庭成员="王强(儿子)13800000202")])
    with ledger.reading() as session:
        names = [contact.name for contact in session.scalars(select(Elder)).one().contacts]
    assert sorted(names) == ["周医生", "王强"]


def test_an_elder_whose_id_is_found_later_is_the_same_elder(ledger: Ledger, take: Import) -> None:
    take([elder(身份证号码=None, 出生日期="1951-06-18")])
    assert counts(take([elder()])) == (0, 1, 0, 0, 0)
    assert counts(take([elder(身份证号码=None, 出生日期="1951-06-18")])) == (0, 0, 1, 0, 0)
    assert count(ledger, Elder) == 1


def test_the_same_person_under_two_ids_is_not_phoned_twice(ledger: Ledger, take: Import) -> None:
    take([elder(order=902)])
    report = take([elder(order=904)])
    assert [(problem.code, problem.kept) for problem in report.problems] == [("same_person_other_id", False)]
    assert count(ledger, Elder) == 1


def test_a_row_repeated_in_the_file_is_one_elder(take: Import) -> None:
    report = take([TWO[0], TWO[1], TWO[0], {**TWO[0], "家庭住址": "别处1号"}])
    assert counts(report) == (2, 0, 0, 1, 1)
    (problem,) = report.problems
    assert (problem.row, problem.code, problem.reason) == (
        5,
        "repeated_differently",
        "与第2行是同一人，但内容不同",
    )
    assert report.rows == 4


def test_elders_who_may_not_be_phoned_are_listed_with_the_reason(take: Import) -> None:
    people = [
        elder("19500101", 900, 姓名="甲", 身体能力="重度"),
        elder("19500101", 902, 姓名="乙", 身体能力=None),
        elder("19500101", 904, 姓名="丙", 是否同意电话探访=None),
        elder("19500101", 906, 姓名="丁", 联系电话="无"),
        elder("19500101", 908, 姓名="戊", 类别="重残"),
        elder("19500101", 910, 姓名="己", 语言="朝鲜语"),
        elder("19340101", 912, 姓名="庚"),
    ]
    report = take(people)
    assert report.to_be_phoned == 1
    assert report.not_phoned == [
        ("甲", "身体能力受损，应入户探访"),
        ("乙", "身体能力未评估"),
        ("丙", "没有同意电话探访的记录"),
        ("丁", "没有可用的电话号码"),
        ("戊", "属于应入户探访的人员类别"),
        ("己", "电话探访暂不支持老人的语言"),
    ]
    assert report.not_phoned_table()[0] == ("姓名", "不电话探访的原因")


def test_the_report_speaks_english_too(take: Import) -> None:
    report = take([elder(身份证号码="123", 姓名="A B")], settings=RosterSettings(language="en"))
    headings, rows = report.as_table()
    assert headings[4:6] == ("Problem", "What to do")
    assert rows[0][4] == "a resident ID has 18 digits, this has 3"


def test_elders_grow_into_another_tier(ledger: Ledger, take: Import) -> None:
    take([elder("19460305")])
    with ledger.reading() as session:
        assert session.scalars(select(Elder.tier)).all() == ["general"]
    assert counts(take([elder("19460305")], days_later=1)) == (0, 1, 0, 0, 0)
    with ledger.reading() as session:
        assert session.scalars(select(Elder.tier)).all() == ["key"]


def test_an_elder_moves_with_the_roster_but_stays_in_their_grid(ledger: Ledger, take: Import) -> None:
    take([elder(镇="清溪镇", 村="上溪村")])
    with ledger.session() as session:
        one = session.scalars(select(Elder)).one()
        one.area = Area(parent_id=one.area_id, level="grid", name="第一网格")
    assert counts(take([elder(镇="清溪镇", 村="上溪村")])) == (0, 0, 1, 0, 0)
    assert counts(take([elder()])) == (0, 0, 1, 0, 0)
    assert counts(take([elder(镇="清溪镇", 村="下溪村")])) == (0, 1, 0, 0, 0)


def test_what_is_no_roster_leaves_nothing_behind(ledger: Ledger, tmp_path: Path, now: datetime) -> None:
    goods = write_csv(tmp_path / "goods.csv", [["商品", "价格"], ["苹果", "5"]])
    with pytest.raises(RosterError, match="no header row"):
        import_roster(ledger, goods, now=now)
    empty = write_csv(tmp_path / "empty.csv", [["姓名", "身份证号码"]])
    with pytest.raises(RosterError, match="no elders"):
        import_roster(ledger, empty, now=now)
    assert count(ledger, Area) == count(ledger, AuditEvent) == 0


def test_an_import_that_fails_half_way_leaves_nothing_behind(ledger: Ledger, take: Import) -> None:
    def fail(done: int, total: int) -> None:
        assert total == 2
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(TWO, progress=fail)
    assert count(ledger, Elder) == count(ledger, Area) == 0


def test_progress_is_told_row_by_row(take: Import) -> None:
    seen: list[tuple[int, int]] = []
    take(TWO, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_several_sheets_are_one_roster(ledger: Ledger, tmp_path: Path, now: datetime) -> None:
    from openpyxl import Workbook  # noqa: PLC0415 - only here

    book = Workbook()
    for title, person in zip(("上溪村", "下溪村"), TWO, strict=True):
        sheet = book.create_sheet(title)
        for row in as_rows([person]):
            sheet.append(row)
    book.active.append(["说明：每村一张表"])
    book.save(tmp_path / "roster.xlsx")
    report = import_roster(ledger, tmp_path / "roster.xlsx", now=now)
    assert (report.added, report.skipped_sheets) == (2, ["Sheet"])


def test_a_file_in_gb18030_says_the_same_as_the_workbook(
    ledger: Ledger, tmp_path: Path, now: datetime
) -> None:
    rows = as_rows(TWO)
    import_roster(ledger, write_xlsx(tmp_path / "roster.xlsx", rows), now=now)
    report = import_roster(ledger, write_csv(tmp_path / "roster.csv", rows, "gb18030"), now=now)
    assert counts(report) == (0, 0, 2, 0, 0)


def test_two_imports_at_once_make_no_doubles(ledger: Ledger, tmp_path: Path, now: datetime) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only here

    people = [elder("19500101", order, 姓名=f"王{order}") for order in range(900, 960, 2)]
    path = write_xlsx(tmp_path / "roster.xlsx", as_rows(people))
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: import_roster(ledger, path, now=now), range(2)))
    assert sorted(report.added for report in reports) == [0, 30]
    assert count(ledger, Elder) == 30


def test_a_wish_for_call_times_is_kept_until_another_is_told(ledger: Ledger, take: Import) -> None:
    def wish() -> dict[str, object]:
        with ledger.reading() as session:
            return session.scalars(select(Elder.call_wish)).one()

    take([elder(方便接听时间="下午3点以后")])
    assert wish() == {"hours": [["15:00", "21:00"]]}
    take([elder(方便接听时间="")])
    assert wish() == {"hours": [["15:00", "21:00"]]}
    report = take([elder(方便接听时间="随时")])
    assert (wish(), counts(report)) == ({}, (0, 1, 0, 0, 0))
