"""What a content says in plain words: for the transcript, the list's preview and the search."""

from typing import Any

from flowengine.messages import Card, Content, Location, Reaction, Template


def text_of(content: Content) -> str:
    """The text that a person would read; empty for a picture without a caption."""
    match content:
        case Location():
            return content.name or content.address
        case Card():
            return content.name
        case Reaction():
            return content.emoji
        case Template():
            return " · ".join(content.params.values()) or content.name
        case _:
            said: Any = content
            text = getattr(said, "text", "") or getattr(said, "caption", "")
            return str(text).replace("\x00", "")
