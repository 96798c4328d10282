"""What a user asks for, end to end. The only callers of store and ledger together; CLI and API share them."""
