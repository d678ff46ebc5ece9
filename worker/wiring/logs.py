"""Log lines on stderr for whoever asks: one event a line, with its ids and figures."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from worker.errors import SetupWrong

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def configure(environ: Mapping[str, str]) -> None:
    """Write our own events to stderr as `key=value`, from the level TIEOUT_LOG names.

    Unset, only warnings show. Other libraries' logs stay quiet: httpx would print addresses.
    Raises SetupWrong for an unknown level.
    """
    wanted = environ.get("TIEOUT_LOG", "").lower()
    if not wanted:
        return
    if wanted not in _LEVELS:
        raise SetupWrong(f"TIEOUT_LOG={wanted} is no level; it is one of {', '.join(_LEVELS)}")
    # Loaded only when somebody reads logs: start-up is felt, this is not.
    import structlog

    before = (
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    after: list[structlog.types.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=after, foreign_pre_chain=before)
    )
    ours = logging.getLogger("worker")
    ours.handlers[:] = [handler]
    ours.setLevel(_LEVELS[wanted])
    ours.propagate = False
