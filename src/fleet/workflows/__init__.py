"""What a user asks for, end to end. CLI and API share these modules, the only users of store and ledger together."""
