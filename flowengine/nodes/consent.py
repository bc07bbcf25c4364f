"""Consent: records what the customer agreed to."""

from flowengine.messages import ChangeContact
from flowengine.nodes.base import Base
from flowengine.run import Run, Step


class Consent(Base, tag="consent", frozen=True, kw_only=True):
    """Records what the customer agreed to, with the words that prove it: their last message.

    - `purpose`: for what.
    - `give`: true: given; false: withdrawn.

    Exits: `next`.

    Example::

        {"id": "aceita", "type": "consent", "purpose": "marketing", "give": true}
    """

    purpose: str
    give: bool


class ConsentStep(Step):
    def __init__(self, node: Consent, _wired: frozenset[str]) -> None:
        self.consent = {node.purpose: node.give}

    def enter(self, run: Run) -> str | None:
        proof = run.last.text if run.last else ""
        frame = run.frame
        change = ChangeContact(
            run.new_id(), frame.node, frame.flow, consent=self.consent, proof=proof
        )
        run.change_contact(change)
        return "next"
