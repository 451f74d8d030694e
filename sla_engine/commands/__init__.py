"""One module a subcommand, its flags and its code; imported by cli alone."""
