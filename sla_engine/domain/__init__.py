"""Values and rules of uptime accounting: pure functions of their arguments."""
