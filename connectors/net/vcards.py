"""Contact cards as phones write them (vCard 2.1 to 4.0): name, numbers, addresses of mail."""

import re2

from flowengine.messages import Card, Phone

_LINE = re2.compile(r"^(?:item\d+\.)?([A-Za-z-]+)((?:;[^:]*)?):(.*)$")
_WAID = re2.compile(r"(?i)waid=(\d+)")
_MOST = 20


def read_vcard(text: str, name: str = "") -> Card:
    """The card; `name` where it tells none. Nothing of it can be wrong enough to raise."""
    phones: list[Phone] = []
    emails: list[str] = []
    told = {"FN": "", "ORG": ""}
    for line in text.replace("\r\n ", "").replace("\n ", "").splitlines():
        found = _LINE.match(line.strip())
        if found is None:
            continue
        field, options, value = found.group(1).upper(), found.group(2), found.group(3).strip()
        if field == "TEL" and value and len(phones) < _MOST:
            waid = _WAID.search(options)
            kind = next((k for k in ("WORK", "HOME") if k in options.upper()), "CELL")
            phones.append(Phone(f"+{waid.group(1)}" if waid else value, kind))
        elif field == "EMAIL" and value and len(emails) < _MOST:
            emails.append(value)
        elif field in told and not told[field]:
            told[field] = value.split(";")[0].replace("\\,", ",").strip()
    return Card(told["FN"] or name, tuple(phones), tuple(emails), told["ORG"])
