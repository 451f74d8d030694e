"""The composition root: clock, environment and sockets are born here; imported by commands."""
