"""PromQL to timelines, outages and the ledger; imported by app and commands."""
