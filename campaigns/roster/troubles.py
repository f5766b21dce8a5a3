"""What can be wrong with a row of a roster, in words a coordinator can act on."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

ReportLanguage = Literal["zh-CN", "en"]


class Trouble(StrEnum):
    """One kind of mistake."""

    CELL_ERROR = "cell_error"
    NOT_CALCULATED = "not_calculated"
    NAME_MISSING = "name_missing"
    NAME_NOT_A_NAME = "name_not_a_name"
    ID_MISSING = "id_missing"
    ID_LOST_DIGITS = "id_lost_digits"
    ID_OLD = "id_old"
    ID_LENGTH = "id_length"
    ID_SIGNS = "id_signs"
    ID_CHECKSUM = "id_checksum"
    ID_BIRTH_DATE = "id_birth_date"
    ID_REGION = "id_region"
    BIRTH_DATE = "birth_date"
    TOO_YOUNG = "too_young"
    TOO_OLD = "too_old"
    SEX_DIFFERS = "sex_differs"
    AGE_DIFFERS = "age_differs"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    SEX_NOT_KNOWN = "sex_not_known"
    AGE_NOT_KNOWN = "age_not_known"
    PHONE_INVALID = "phone_invalid"
    PHONE_NO_AREA_CODE = "phone_no_area_code"
    PHONE_FOREIGN = "phone_foreign"
    PHONE_NO_HOME = "phone_no_home"
    PHONE_LOST_DIGITS = "phone_lost_digits"
    CATEGORY_NOT_KNOWN = "category_not_known"
    ABILITY_NOT_KNOWN = "ability_not_known"
    LANGUAGE_NOT_KNOWN = "language_not_known"
    TICK_NOT_KNOWN = "tick_not_known"
    SERVICE_NOT_KNOWN = "service_not_known"
    WISH_NOT_KNOWN = "wish_not_known"
    CONTACT_WITHOUT_NAME = "contact_without_name"
    REPEATED_DIFFERENTLY = "repeated_differently"
    SAME_PERSON_OTHER_ID = "same_person_other_id"


# For each: what is wrong, and what to do about it.
_ZH: dict[Trouble, tuple[str, str]] = {
    Trouble.CELL_ERROR: ("单元格是错误值", "请改为正确内容"),
    Trouble.NOT_CALCULATED: ("公式没有保存计算结果", "请用表格软件打开并保存，或改填数值"),
    Trouble.NAME_MISSING: ("没有姓名", "请补填姓名"),
    Trouble.NAME_NOT_A_NAME: ("不像姓名", "请填写老人姓名"),
    Trouble.ID_MISSING: ("没有身份证号码，也没有出生日期", "请补填身份证号码；确无身份证的填出生日期"),
    Trouble.ID_LOST_DIGITS: (
        "身份证号码被存成了数字，末几位已丢失",
        "请把该列设为文本格式后重新输入全部18位",
    ),
    Trouble.ID_OLD: ("15位旧身份证号码已停用", "请填写18位身份证号码"),
    Trouble.ID_LENGTH: ("身份证号码应为18位，此处为{length}位", "请核对身份证"),
    Trouble.ID_SIGNS: ("身份证号码只能有数字（末位可为X）", "请核对身份证"),
    Trouble.ID_CHECKSUM: ("身份证号码校验位不符，有错填的数字", "请对照身份证逐位核对"),
    Trouble.ID_BIRTH_DATE: ("身份证号码中的出生日期不存在", "请对照身份证核对第7至14位"),
    Trouble.ID_REGION: ("身份证号码开头不是任何地区的代码", "请对照身份证核对前6位"),
    Trouble.BIRTH_DATE: ("不是日期", "请填写出生日期，例如 1946-03-04"),
    Trouble.TOO_YOUNG: ("{age}岁，未满{minimum}岁，不属于探访对象", "请核对是否填成了家人的信息"),
    Trouble.TOO_OLD: ("{age}岁，年龄过大", "请核对出生日期"),
    Trouble.SEX_DIFFERS: ("与身份证号码不符（身份证为{derived}）", "已按身份证登记，请核对"),
    Trouble.AGE_DIFFERS: ("与身份证号码不符（按身份证为{derived}岁）", "已按身份证登记，请核对"),
    Trouble.BIRTH_DATE_DIFFERS: ("与身份证号码不符（身份证为{derived}）", "已按身份证登记，请核对"),
    Trouble.SEX_NOT_KNOWN: ("性别无法识别", "请填“男”或“女”"),
    Trouble.AGE_NOT_KNOWN: ("年龄不是数字", "请填周岁数字"),
    Trouble.PHONE_INVALID: ("{number} 不是有效的电话号码", "请核对号码位数和区号"),
    Trouble.PHONE_NO_AREA_CODE: ("{number} 缺少区号", "请补填区号，例如 0533-{number}，或导入时指定本地区号"),
    Trouble.PHONE_FOREIGN: ("{number} 是境外号码，不予拨打", "请填写老人本地的号码"),
    Trouble.PHONE_NO_HOME: ("{number} 不是住宅或手机号码", "请填写老人本人的号码"),
    Trouble.PHONE_LOST_DIGITS: ("号码被存成了科学计数，位数已丢失", "请把该列设为文本格式后重新输入"),
    Trouble.CATEGORY_NOT_KNOWN: ("类别“{word}”无法识别", "请使用名册规定的类别"),
    Trouble.ABILITY_NOT_KNOWN: (
        "身体能力无法识别，按未评估处理",
        "请填：能力完好、轻度、中度、重度或完全丧失",
    ),
    Trouble.LANGUAGE_NOT_KNOWN: ("语言无法识别，不予电话探访", "请填：普通话、方言、西班牙语、英语等"),
    Trouble.TICK_NOT_KNOWN: ("无法判断是“是”还是“否”，按未填写处理", "请填“是”或“否”"),
    Trouble.SERVICE_NOT_KNOWN: ("服务“{word}”无法识别", "请使用九类服务名称"),
    Trouble.WISH_NOT_KNOWN: (
        "看不懂什么时间方便接电话，按没有要求处理",
        "请写成“周二周四上午”“下午3点到5点”这样，随时都行就写“随时”",
    ),
    Trouble.CONTACT_WITHOUT_NAME: ("家庭成员没有姓名", "请补填姓名；号码已按“未具名”登记"),
    Trouble.REPEATED_DIFFERENTLY: ("与第{first}行是同一人，但内容不同", "以先出现的一行为准，请删除或合并"),
    Trouble.SAME_PERSON_OTHER_ID: ("同名同址同生日的老人已用另一身份证号码登记", "请核对后更正其中一个"),
}

_EN: dict[Trouble, tuple[str, str]] = {
    Trouble.CELL_ERROR: ("the cell holds an error", "put the right value there"),
    Trouble.NOT_CALCULATED: (
        "the formula's result was not saved",
        "open and save the file in a spreadsheet program, or type the value",
    ),
    Trouble.NAME_MISSING: ("there is no name", "fill in the name"),
    Trouble.NAME_NOT_A_NAME: ("this is no name", "fill in the elder's name"),
    Trouble.ID_MISSING: (
        "there is neither a resident ID nor a birth date",
        "fill in the resident ID, or the birth date of somebody who has none",
    ),
    Trouble.ID_LOST_DIGITS: (
        "the resident ID was stored as a number and has lost its last digits",
        "format the column as text and type all 18 digits again",
    ),
    Trouble.ID_OLD: ("old IDs of 15 digits are no longer valid", "fill in the ID of 18 digits"),
    Trouble.ID_LENGTH: ("a resident ID has 18 digits, this has {length}", "compare it with the card"),
    Trouble.ID_SIGNS: (
        "a resident ID has only digits (and perhaps X at its end)",
        "compare it with the card",
    ),
    Trouble.ID_CHECKSUM: ("the check digit does not fit: a digit is wrong", "compare it with the card"),
    Trouble.ID_BIRTH_DATE: ("the birth date in the ID does not exist", "check digits 7 to 14"),
    Trouble.ID_REGION: ("the ID begins with no region's code", "check the first six digits"),
    Trouble.BIRTH_DATE: ("this is no date", "write the birth date like 1946-03-04"),
    Trouble.TOO_YOUNG: (
        "aged {age}, under {minimum}: nobody to be visited",
        "check that it is not a relative's data",
    ),
    Trouble.TOO_OLD: ("aged {age}: too old to be true", "check the birth date"),
    Trouble.SEX_DIFFERS: ("differs from the resident ID ({derived})", "the ID's was taken; check it"),
    Trouble.AGE_DIFFERS: ("differs from the resident ID (aged {derived})", "the ID's was taken; check it"),
    Trouble.BIRTH_DATE_DIFFERS: ("differs from the resident ID ({derived})", "the ID's was taken; check it"),
    Trouble.SEX_NOT_KNOWN: ("this is no sex we know", "write female (女) or male (男)"),
    Trouble.AGE_NOT_KNOWN: ("this is no number of years", "write completed years"),
    Trouble.PHONE_INVALID: ("{number} is no telephone number", "check its digits and its area code"),
    Trouble.PHONE_NO_AREA_CODE: (
        "{number} lacks its area code",
        "add it, or name the default area code when importing",
    ),
    Trouble.PHONE_FOREIGN: ("{number} is a foreign number: never dialled", "fill in the elder's own number"),
    Trouble.PHONE_NO_HOME: ("{number} is no home or mobile number", "fill in the elder's own number"),
    Trouble.PHONE_LOST_DIGITS: (
        "the number was stored in scientific notation and has lost digits",
        "format the column as text and type it again",
    ),
    Trouble.CATEGORY_NOT_KNOWN: ("the category {word!r} is not known", "use the form's own categories"),
    Trouble.ABILITY_NOT_KNOWN: (
        "this ability is not known; taken as not assessed",
        "write intact, mild, moderate, severe or complete loss",
    ),
    Trouble.LANGUAGE_NOT_KNOWN: (
        "this language is not known; the elder is not phoned",
        "write Chinese, Spanish, English ...",
    ),
    Trouble.TICK_NOT_KNOWN: ("neither yes nor no; taken as not filled in", "write yes (是) or no (否)"),
    Trouble.SERVICE_NOT_KNOWN: ("the service {word!r} is not known", "use the nine services of the form"),
    Trouble.WISH_NOT_KNOWN: (
        "it is not clear when the elder likes to be phoned; taken as at any time",
        "write it like Tue, Thu 09:00-11:00, afternoons, or anytime",
    ),
    Trouble.CONTACT_WITHOUT_NAME: ("a relative without a name", "add the name; the number was kept"),
    Trouble.REPEATED_DIFFERENTLY: (
        "the same person as in row {first}, with other data",
        "the first of them was taken: delete or merge",
    ),
    Trouble.SAME_PERSON_OTHER_ID: (
        "an elder of this name, address and birth date is registered with another ID",
        "find out which ID is right",
    ),
}

WORDS: dict[ReportLanguage, dict[Trouble, tuple[str, str]]] = {"zh-CN": _ZH, "en": _EN}


class BadCellError(Exception):
    """A cell cannot be taken as it is: ``trouble`` says why, ``details`` fill its words."""

    def __init__(self, trouble: Trouble, **details: object) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble
        self.details = details
