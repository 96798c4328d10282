"""The live side: one hour's decisions on what is stored, into the ledger."""
