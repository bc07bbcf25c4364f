"""The style sheets: what a browser would pay for at each edit of a big flow."""

import re

from web.assets import STATIC

SHEETS = sorted((STATIC / "css").glob("*.css"))
# What stands after the last bracket of `:has(...)`, when that is "any element".
ANY_AFTER_HAS = re.compile(r":has\((?:[^()]|\([^()]*\))*\)[^,{}]*[\s>+~]\*\s*(?:[,{]|$)")


def test_no_rule_styles_anything_below_what_has_something() -> None:
    # With one such rule Chromium styles the whole page again whenever an element comes or goes:
    # 20 ms an edit at 500 steps.
    assert ANY_AFTER_HAS.search(".field:has(> .bar.line) > * {")
    assert ANY_AFTER_HAS.search(".a:has(.b:not(.c)) * {")
    assert not ANY_AFTER_HAS.search(".a:has(> .b) .c {")
    found = [
        f"{sheet.name}: {rule}"
        for sheet in SHEETS
        for rule in re.findall(r"[^{}]*\{", sheet.read_text())
        if ANY_AFTER_HAS.search(rule)
    ]
    assert len(SHEETS) > 5
    assert found == []
