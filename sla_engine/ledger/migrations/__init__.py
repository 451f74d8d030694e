"""The ledger's schema, step by step; imported by the ledger alone."""
