"""What we ask of Twilio keeps to Twilio's own description of its interface."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from support.openapi import ABSENT, VARIABLE, Description
from support.twilio import ACCOUNT, SETTINGS, SID, need_twilio

from ivr.lines.twilio.account import CallOrder, RefusedError, RestAccount

pytestmark = pytest.mark.twilio
PRISM = "WENAN_PRISM"
ORDER = CallOrder("+865331234567", "visit-1", "key", 60.0, "12")
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"


@pytest.fixture
def description() -> Description:
    need_twilio()
    found = Description.found()
    if found is None:
        pytest.skip(ABSENT)
    return found


@pytest.mark.parametrize(
    ("method", "query", "body", "complaint"),
    [
        ("POST", "", "To=%2B1&From=%2B2&Twiml=x&Timeout=60", ""),
        ("POST", "", "To=%2B1&From=%2B2&StatusCallbackEvent=ringing&StatusCallbackEvent=answered", ""),
        ("GET", "To=%2B1&PageSize=20", "", ""),
        ("POST", "", "To=%2B1", "From is missing"),
        ("POST", "", "To=%2B1&From=%2B2&Timeout=soon", "Timeout='soon' breaks its integer"),
        ("POST", "", "To=%2B1&From=%2B2&Timeout=1&Timeout=2", "Timeout is given 2 times"),
        ("POST", "", "To=%2B1&From=%2B2&Time_out=60", "Time_out is not known"),
        (
            "POST",
            "",
            "To=%2B1&From=%2B2&StatusCallbackMethod=PUT",
            "StatusCallbackMethod='PUT' breaks its enum",
        ),
    ],
)
def test_the_check_itself_notices_what_is_wrong(
    description: Description, method: str, query: str, body: str, complaint: str
) -> None:
    assert description.complaints(method, CALLS, query, body) == ([complaint] if complaint else [])


@asynccontextmanager
async def prism() -> AsyncIterator[str]:
    """Stoplight's mock of the described interface, which refuses what the description does not allow.

    Only our requests are held to it: the description's own example of a list does not keep to it.
    """
    program, document = os.environ.get(PRISM, ""), os.environ.get(VARIABLE, "")
    node = shutil.which("node")
    if not (program and document and node):
        pytest.skip(
            f"{PRISM} and {VARIABLE} do not name prism's program and the description, or node is missing"
        )
    process = await asyncio.create_subprocess_exec(
        node, program, "mock", "-p", "0", document,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=1 << 20,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            while line := (await process.stdout.readline()).decode():
                if found := re.search(r"listening on (http://\S+)", line):
                    break
            else:
                pytest.skip("prism does not start here")
        draining = asyncio.create_task(process.stdout.read())
        yield found[1]
        draining.cancel()
    finally:
        process.kill()
        await process.wait()


def test_prism_takes_our_requests() -> None:
    need_twilio()

    async def main() -> None:
        async with prism() as url:
            account = RestAccount(replace(SETTINGS, api_url=url))
            detecting = RestAccount(replace(SETTINGS, api_url=url, machine_detection=True))
            for request in (
                account.check,
                lambda: account.place(ORDER),
                lambda: detecting.place(ORDER),
                lambda: account.calls_to(ORDER.to),
                lambda: account.state_of(SID.format(1), "visit-1"),
                lambda: account.end(SID.format(1)),
            ):
                await asyncio.to_thread(request)
            with pytest.raises(RefusedError) as refused:
                await asyncio.to_thread(account.state_of, "no-sid", "visit-1")
            assert refused.value.status == 422, "prism does look"

    asyncio.run(main())
