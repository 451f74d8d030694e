"""How probes reach their targets; imported by the probes and what runs them."""
