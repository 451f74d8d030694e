"""Jobs that join the domain to its adapters."""
