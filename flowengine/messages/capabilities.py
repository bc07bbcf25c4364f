"""What a channel can show, and how much of it. Limits of WhatsApp's Cloud API are the default.

Source: WHATSAPP.md §A.3 (Meta's pages "Interactive reply buttons" Apr 2026, "Interactive list
messages" Nov 2025, "Media" Apr 2026).
"""

from msgspec import Struct

ALL_KINDS = (
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contact",
    "buttons",
    "list",
    "cta_url",
    "location_request",
    "contact_request",
    "flow",
    "template",
    "reaction",
)


class Capabilities(Struct, frozen=True, omit_defaults=True):
    """`kinds` that the channel shows as they are; lengths count characters.

    `window_hours`: how long after the customer's last message free text may be sent (0: always).
    """

    kinds: tuple[str, ...] = ALL_KINDS
    typing: bool = True
    receipts: bool = True
    window_hours: int = 24
    text: int = 4096
    caption: int = 1024
    body: int = 1024
    header: int = 60
    footer: int = 60
    buttons: int = 3
    button_title: int = 20
    list_button: int = 20
    form_button: int = 30
    rows: int = 10
    sections: int = 10
    row_title: int = 24
    row_description: int = 72
    section_title: int = 24
