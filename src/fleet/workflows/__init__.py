"""What a user asks for, end to end. Only these modules use the store and the ledger together."""
