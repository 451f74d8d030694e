"""The SLA engine: PromQL in, an exact ledger of outages, notices and reports out."""
