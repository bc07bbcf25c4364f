"""Patterns taken apart: what could match one, and whether anything could.

`flowengine.patterns` runs them (RE2); here they are read as trees, for proofs and for examples.
A pattern whose syntax is not known here has no tree, and nothing is claimed about it.
"""

from flowengine.regexes.empty import matches_nothing
from flowengine.regexes.samples import samples
from flowengine.regexes.tree import read

__all__ = ["matches_nothing", "read", "samples"]
