"""Where the concrete parts meet; only here is it known that a ledger can be the sandbox."""

from __future__ import annotations

from worker.wiring.worker import Worker, open_worker

__all__ = ["Worker", "open_worker"]
