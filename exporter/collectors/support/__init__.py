"""What collectors share; imported by collectors and host."""
