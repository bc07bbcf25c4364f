"""What people write into fields: as most do, or to break in."""

import itertools
from collections.abc import Callable

Words = Callable[[str], str]
"""Gets an ordinary text, gives what is written in its place."""

ATTACKS = (
    "<img src=x onerror=\"window.pwned='img'\">",
    "\"><script>window.pwned='script'</script>",
    "'\"--></style></script><svg onload=\"window.pwned='svg'\">",
    "javascript:window.pwned='url'",
    '" autofocus onfocus="window.pwned=\'attribute\'" x="',
    "' hx-get='/sign-out' hx-trigger='load' x='",
    "{{ 7 * 7 }}{% raw %}{{<hx-partial hx-target='body'></hx-partial>}}{% endraw %}",
    "</textarea></title><iframe srcdoc=\"<script>parent.pwned='frame'</script>\">",
    "</dd></dl></template><math><mtext><img src=x onerror=window.pwned='math'>",
    "\u202egnp.exe\u2066 \u0000\ufeff<b hx-on:click=\"window.pwned='hx'\">x</b>",
)

MARKS = ("<img src=x", "<script>window.pwned", "<svg onload", "<iframe srcdoc", "<b hx-on")
"""In an HTML answer, one of these is an attack that got through."""


def kind(text: str) -> str:
    return text


def hostile() -> Words:
    """Each text gets the next attack before it, so that a cut at its end keeps the attack."""
    attacks = itertools.cycle(ATTACKS)
    return lambda text: f"{next(attacks)} {text}".replace("\u0000", "")
