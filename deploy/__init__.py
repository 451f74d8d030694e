"""How Uptime Ledger is deployed."""
