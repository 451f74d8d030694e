"""Images, units, manifests and locks, and what makes them; imported by nobody, run by make."""
