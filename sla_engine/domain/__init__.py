"""Values and rules of uptime accounting, pure functions; imported by all of the engine."""
