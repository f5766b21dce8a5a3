"""A file that is no roster at all: nothing of it is taken."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Fault(StrEnum):
    """Why a file cannot be read as a roster."""

    NOT_FOUND = "not_found"
    NOT_READABLE = "not_readable"
    NOT_A_FILE = "not_a_file"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    TOO_MANY_ROWS = "too_many_rows"
    LOCKED_OR_OLD = "locked_or_old"
    BROKEN_WORKBOOK = "broken_workbook"
    NOT_TEXT = "not_text"
    NO_HEADER = "no_header"
    NO_ROWS = "no_rows"


WORDS: dict[Fault, dict[str, str]] = {
    Fault.NOT_FOUND: {
        "zh-CN": "找不到名册文件 {path}：请检查文件名。",
        "en": "There is no file {path}: check the name.",
    },
    Fault.NOT_READABLE: {
        "zh-CN": "名册文件 {path} 无法读取：{cause}。",
        "en": "The file {path} cannot be read: {cause}.",
    },
    Fault.NOT_A_FILE: {
        "zh-CN": "{path} 不是文件：请指定一个 .xlsx 或 .csv 名册。",
        "en": "{path} is not a file: name a roster in .xlsx or .csv.",
    },
    Fault.EMPTY: {
        "zh-CN": "名册文件 {path} 是空的。",
        "en": "The file {path} is empty.",
    },
    Fault.TOO_LARGE: {
        "zh-CN": "名册文件 {path} 超过 {limit_mb} MB：请按镇（街道）拆分。",
        "en": "The file {path} is larger than {limit_mb} MB: split it by town.",
    },
    Fault.UNPACKS_TOO_LARGE: {
        "zh-CN": "名册文件 {path} 解压后超过 {limit_mb} MB，未读取：请只保留名册内容后另存。",
        "en": "The file {path} unpacks to more than {limit_mb} MB and was not read: save the roster alone.",
    },
    Fault.TOO_MANY_ROWS: {
        "zh-CN": "名册文件 {path} 超过 {limit} 行：请按镇（街道）拆分。",
        "en": "The file {path} has more than {limit} rows: split it by town.",
    },
    Fault.LOCKED_OR_OLD: {
        "zh-CN": "名册文件 {path} 设有密码或是旧版 .xls：请取消密码并另存为 .xlsx。",
        "en": "The file {path} has a password or is an old .xls: save it as .xlsx without a password.",
    },
    Fault.BROKEN_WORKBOOK: {
        "zh-CN": "名册文件 {path} 不是完好的 .xlsx 工作簿：请用表格软件打开后另存。",
        "en": "The file {path} is not a sound .xlsx workbook: open it in a spreadsheet program and save it.",
    },
    Fault.NOT_TEXT: {
        "zh-CN": "{path} 既不是 .xlsx 工作簿，也不是 UTF-8 或 GB18030 编码的 CSV 文本。",
        "en": "The file {path} is neither an .xlsx workbook nor CSV text in UTF-8 or GB18030.",
    },
    Fault.NO_HEADER: {
        "zh-CN": "{path} 不是名册：没有找到表头（需有“姓名”，及身份证号码、联系电话、家庭住址中至少一列）。",
        "en": "The file {path} is not a roster: it has no header row "
        "(姓名/name and at least one of 身份证号码/resident id, 联系电话/phone, 家庭住址/address).",
    },
    Fault.NO_ROWS: {
        "zh-CN": "名册 {path} 只有表头，没有老人。",
        "en": "The roster {path} has a header but no elders below it.",
    },
}


class RosterError(Exception):
    """A file is no roster; nothing was written. The message is one line in English."""

    def __init__(self, fault: Fault, path: Path, **details: object) -> None:
        self.fault = fault
        self._details = {"path": path, **details}
        super().__init__(self.text("en"))

    def text(self, language: str) -> str:
        """The message in ``zh-CN`` or ``en``."""
        return WORDS[self.fault][language].format(**self._details)
