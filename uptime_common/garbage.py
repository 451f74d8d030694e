"""What Python's cycle collector need not look at."""

import gc


def settle() -> None:
    """Take all that lives now, such as a catalogue, for what will live on.

    Full collections search it no more: each would hold up every thread for a tenth of a second.
    What is made later is searched every ten thousand objects instead of every seven hundred: a tick
    lets go of most by itself.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def look_seldom() -> None:
    """Let the collector look after fifty thousand new objects instead of seven hundred.

    A report of 5,000 services makes millions that live on; looking at them took a third of it.
    """
    gc.set_threshold(50_000, 20, 100)
