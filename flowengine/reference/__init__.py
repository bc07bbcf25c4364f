"""The reference of the flow format, made from the types themselves: pages of Markdown.

`flowengine.meanings` reads what docstrings say of fields, `shapes` writes types and limits,
`exits`, `findings` and `operators` say what no docstring can, `pages` puts it all together.
"""

from flowengine.reference.pages import pages

__all__ = ["pages"]
