"""The same claims made by procrastinate, a job queue on PostgreSQL: what a million jobs cost elsewhere.

A job is an elder's visit and nothing more. Procrastinate takes one job in one statement, and so it is asked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import procrastinate
from procrastinate import sql
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from sqlalchemy import create_engine, text

from benchmarks.campaigns.claiming import WARMING, Done, wait_for_the_others

FILL = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)
    SELECT 'visits', 'call', CASE WHEN g % 10 = 0 THEN 1 ELSE 0 END, jsonb_build_object('elder', g)
    FROM generate_series(1, :jobs) AS g
"""


def fill(url: str, jobs: int) -> None:
    """Make procrastinate's tables and put jobs into them, a tenth of them of a higher priority."""
    app = procrastinate.App(connector=SyncPsycopgConnector(conninfo=url, min_size=1, max_size=1))
    with app.open():
        app.schema_manager.apply_schema()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER"))
        connection.execute(text(FILL), {"jobs": jobs})
        connection.execute(text("ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE procrastinate_jobs"))
    engine.dispose()


@dataclass(frozen=True)
class Share:
    """What one process is to do."""

    url: str
    jobs: int


def fetch(share: Share) -> Done:
    """One worker process: gets warm, waits for the others, and takes its share of jobs."""
    begun = time.perf_counter()
    connector = SyncPsycopgConnector(conninfo=share.url, min_size=1, max_size=1)
    app = procrastinate.App(connector=connector)
    with app.open():
        worker = connector.execute_query_one("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")[
            "id"
        ]

        def take() -> None:
            connector.execute_query_one(sql.queries["fetch_job"], queues=None, worker_id=worker)

        take()
        first = (time.perf_counter() - begun) * 1000
        for _ in range(WARMING - 1):
            take()
        wait_for_the_others()
        times, before = [], time.process_time()
        for _ in range(share.jobs):
            begun = time.perf_counter()
            take()
            times.append((time.perf_counter() - begun) * 1000)
    return Done(times, time.process_time() - before, first)
