"""Flowengine's core: what a conversation does. Pure, but for `flowengine.store`.

No clock, no network, no database, no randomness, no async: time and ids are arguments.
Start reading at `flow`, then `engine`, then `conversation`.
"""
