"""One file per step, never changed once released; imported by the migrations alone."""
