"""Host collectors, one file per subsystem."""
