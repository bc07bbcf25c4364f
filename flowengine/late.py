"""What the bot says before a reply that comes late, where the flow's `late_reply` is `apologise`.

`late_after` and `late_reply` of a flow's settings travel with each of its sends (`Send.late_after`
in seconds, 0: never late; `Send.late_reply`). Whoever performs sends acts on them, for replies
only (`purpose` empty), when the first unsent one of a conversation leaves later than that:

- `send`: it leaves as it is.
- `apologise`: `apology(language)` leaves first, once for all that waits in that conversation.
- `transfer`: nothing of it leaves; `RepliesLate` is what happened, and `take` gives the
  conversation to a person.
"""

APOLOGIES = {
    "pt": "Desculpe a demora! Tivemos um problema técnico, mas já estamos de volta.",
    "es": "¡Perdón por la demora! Tuvimos un problema técnico, pero ya estamos de vuelta.",
    "en": "Sorry for the delay! We had a technical problem, but we are back now.",
}


def apology(language: str) -> str:
    """The apology in the customer's language ("pt-BR", "es"), in Portuguese where it is another."""
    return APOLOGIES.get(language.partition("-")[0].lower(), APOLOGIES["pt"])
