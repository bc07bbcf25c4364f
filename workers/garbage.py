"""Python's search for cyclic garbage, in processes that live for months and load much at the start.

Untouched, it walks through everything that was ever loaded (dates, holidays, the web framework)
again and again: a tenth of a busy process's CPU (measured). What is loaded by the start lives until
the end, so it is left out; and the rest is looked through less often.
"""

import asyncio
import gc

LOADED = 5.0
"""Seconds after the start by which nearly everything is loaded."""

YOUNG, MIDDLE, OLD = 20_000, 10, 10
"""New objects until the youngest are looked through, and how often until the older ones are."""


def settle_soon() -> None:
    """Do it once this process has loaded what it needs. Only from its loop."""
    asyncio.get_running_loop().call_later(LOADED, settle)


def settle() -> None:
    """Collect once, leave what is there for good, and look less often. Once in a process's life."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
