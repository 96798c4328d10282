"""Structured logs: one line of JSON for each event, on standard error."""

import logging
import sys
from typing import Any

import structlog

log: Any = structlog.get_logger("fleet")


def configure_logs() -> None:
    """Write JSON lines. Secrets are never passed to the log, so nothing is filtered here."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
