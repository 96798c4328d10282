"""The work of the commands, from end to end. Only these modules use the stored tables and the ledger together."""
