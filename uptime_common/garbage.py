"""What Python's cycle collector need not look at."""

import gc


def settle() -> None:
    """Take all that lives now, such as a catalogue, for what will live on.

    Full collections search it no more: each would hold up every thread for a tenth of a second.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
