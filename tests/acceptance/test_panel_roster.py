"""A coordinator of the district brings in a roster through the panel."""

from io import BytesIO

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from records.people import Elder

pytest_plugins = ["support.panel_fixtures"]

HEADER = ["姓名", "身份证号码", "联系电话", "家庭住址", "身体能力", "同意电话探访"]

GOOD_ID = "11010519491231002X"
"""The standard's own example (GB 11643-1999)."""


@pytest.fixture
def coordinator(panel):
    """Zhao, made coordinator of the whole district."""
    with panel.ledger.session() as session:
        session.connection().exec_driver_sql("UPDATE workers SET role = 'coordinator' WHERE login = 'zhao'")
    return panel.as_("zhao")


def workbook(*rows):
    book = Workbook()
    for row in (HEADER, *rows):
        book.active.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def send(visitor, content, name="名册.xlsx"):
    form = {"csrf_token": visitor.token(), "roster": (BytesIO(content), name)}
    visitor.seen = visitor.client.post("/roster/", data=form, content_type="multipart/form-data")
    return visitor.seen.text


def elders(panel):
    with panel.ledger.reading() as session:
        return session.scalar(select(func.count(Elder.id)))


def test_good_rows_go_in_and_bad_ones_are_listed(panel, coordinator):
    before = elders(panel)
    html = send(
        coordinator,
        workbook(
            ["毛一笑", GOOD_ID, "0533-5180001", "幸福路1号", "完好", "是"],
            ["坏号码", "110105194912310022", "0533-5180002", "幸福路2号", "完好", "是"],
        ),
    )
    assert coordinator.seen.status_code == 200, html
    assert elders(panel) > before
    assert "需要更正" in html
    assert "坏号码" in html or "身份证" in html


def test_the_same_file_again_changes_nothing(panel, coordinator):
    content = workbook(["毛一笑", GOOD_ID, "0533-5180001", "幸福路1号", "完好", "是"])
    send(coordinator, content)
    count = elders(panel)
    assert "没变化" in send(coordinator, content)
    assert elders(panel) == count


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"no workbook", "名册.xlsx"), (b"hello,world\n1,2\n", "名册.csv"), (b"", "名册.xlsx")],
)
def test_a_file_that_is_no_roster_is_refused_by_its_own_name(panel, coordinator, content, name):
    before = elders(panel)
    html = send(coordinator, content, name)
    assert coordinator.seen.status_code == 400
    assert name in html
    assert "/tmp" not in html  # noqa: S108 - the folder it was kept in for a moment is nobody's business
    assert elders(panel) == before


@pytest.mark.parametrize("name", ["名册.exe", "名册", ""])
def test_something_else_than_a_spreadsheet_is_refused(coordinator, name):
    assert "请选择表格文件" in send(coordinator, b"MZ", name)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(panel, coordinator):
    panel.app.config["MAX_CONTENT_LENGTH"] = 1000
    html = send(coordinator, b"x" * 5000)
    assert coordinator.seen.status_code == 413
    assert "文件太大" in html


@pytest.mark.parametrize("login", ["chen", "li", "zhao"])
def test_nobody_but_a_coordinator_of_the_whole_district_may(panel, login):
    visitor = panel.as_(login)
    assert visitor.get("/roster/").status_code == 403
    send(visitor, workbook())
    assert visitor.seen.status_code == 403
