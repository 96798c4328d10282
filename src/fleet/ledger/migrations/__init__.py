"""The migrations of the ledger's tables, one file each in `versions`. Alembic runs them."""
