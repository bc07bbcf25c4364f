"""WhatsApp's own formatting: *bold*, _italic_, ~struck~, `code` and ```code```."""

import re

SIGNS = (("```", "code"), ("*", "b"), ("_", "i"), ("~", "s"), ("`", "code"))


def _shape(sign: str) -> re.Pattern[str]:
    """What stands between two signs on one line, and touches no letter outside of them."""
    one = re.escape(sign[0])
    both = re.escape(sign)
    return re.compile(rf"(?<![\w{one}]){both}(?=\S)([^{one}\n]*?\S){both}(?![\w{one}])")


MARKS = tuple((_shape(sign), tag) for sign, tag in SIGNS)


def tagged(html: str) -> str:
    """Escaped words with tags in place of the signs."""
    for shape, tag in MARKS:
        html = shape.sub(rf"<{tag}>\1</{tag}>", html)
    return html


def unmarked(text: str) -> str:
    """The words without the signs, for where they cannot look otherwise."""
    for shape, _tag in MARKS:
        text = shape.sub(r"\1", text)
    return text
