"""What was measured on, without a name that would tell whose machine it is."""

import os
import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.system import BenchSystem
from common.messaging.introduction import introduction

_LIBRARIES = ("pika", "psycopg", "sqlalchemy", "pydantic", "aio-pika", "asyncpg", "uvloop")


def describe_machine() -> dict[str, str]:
    """Processors and memory."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": _processor(),
        "memory": f"{memory_bytes / 1024**3:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def server_versions(system: BenchSystem) -> dict[str, str]:
    """What broker and database call themselves."""
    number = ".".join(map(str, system.engine.dialect.server_version_info or ()))
    product = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[system.database]
    return {"RabbitMQ": introduction(system.urls["deploy"], "antrean-benchmarks").version, product: number}


def library_versions() -> dict[str, str]:
    """Python, SQLite, and the libraries that matter here."""
    found = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # only some measurements need it
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
