"""One file per step; never change one that was released."""
