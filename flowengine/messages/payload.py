"""What is written on a button so that its tap can be told apart for ever: `v1:OFFER:CHOICE`."""


def write_payload(offer: str, choice: str) -> str:
    """The payload of a choice in an offer. Cost: under 1 µs."""
    return f"v1:{offer}:{choice}"


def read_payload(payload: str) -> tuple[str, str] | None:
    """`(offer, choice)` of a payload of ours; None for anybody else's. Cost: under 1 µs."""
    version, _, rest = payload.partition(":")
    offer, mark, choice = rest.partition(":")
    if version != "v1" or not mark or not offer or not choice:
        return None
    return offer, choice
