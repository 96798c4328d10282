"""Names the extra of the installation that a command needs and that is missing."""

from fleet.errors import ConfigError

# Package -> the extra that installs it.
EXTRAS = {
    "alembic": "ledger",
    "sqlalchemy": "ledger",
    "psycopg": "postgres",
    "httpx": "sources",
    "fastapi": "service",
    "httptools": "service",
    "prometheus_client": "service",
    "structlog": "service",
    "uvloop": "service",
    "jinja2": "dashboard",
    "plotly": "dashboard",
    "starlette": "dashboard",
    "streamlit": "dashboard",
    "uvicorn": "dashboard",
}


def error_of(error: ModuleNotFoundError) -> ConfigError | None:
    """Return the error that says which extra to install; None if the missing module belongs to no extra."""
    package = (error.name or "").split(".")[0]
    if package not in EXTRAS:
        return None
    install = f'pip install "global-fleet-orchestrator[{EXTRAS[package]}]"'
    return ConfigError(f"this command needs {package}, which is not installed, expected the extra: {install}")
