"""What the engine serves over HTTP; imported by app."""
