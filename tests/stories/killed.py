"""Run the worker once in this process and die at one point; started by the kill tests.

    python killed.py CONFIG POINT NUMBER SECONDS

POINT is `commit` (just before the NUMBERth database commit), `send` or `answer` (just before or
after the NUMBERth HTTP write), or `none`. SECONDS moves the clock of leases and deadlines ahead, so
that absences can be proved without waiting. Prints how many points of each kind there were.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event
from sqlalchemy.engine import Engine

from worker.config import load
from worker.wiring import open_worker
from worker.wiring.clock import SystemClock


def main(config: str, point: str, number: int, seconds: float) -> None:
    seen = {"commit": 0, "send": 0, "answer": 0}

    def pass_by(kind: str) -> None:
        seen[kind] += 1
        if kind == point and seen[kind] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", lambda _connection: pass_by("commit"))
    really_send = httpx.Client.send

    def send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        write = request.method in ("PUT", "POST") and "/api.xro/" in str(request.url)
        if write:
            pass_by("send")
        response = really_send(client, request, **options)
        if write:
            pass_by("answer")
        return response

    httpx.Client.send = send  # type: ignore[method-assign]
    really_real = SystemClock.real
    SystemClock.real = lambda self: really_real(self) + timedelta(seconds=seconds)  # type: ignore[method-assign]

    worker = open_worker(load(Path(config), os.environ), os.environ)
    try:
        _, runs = worker.run_once()
    finally:
        worker.close()
    (run,) = runs
    told = {"seen": seen, "posted": run.posted, "unknown": run.unknown, "problems": run.problems}
    json.dump(told | {"error": str(run.error) if run.error else None}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
