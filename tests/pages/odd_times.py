"""The product when it is not as usual: while it starts, when it cannot, when it breaks."""

from typing import Any, cast

from msgspec.structs import replace

from web.mail import Post
from web.runtime import Boot, Runtime


def at_a_time(usual: Runtime, time: str) -> Runtime:
    """`time`: "starting", "stuck", "broken" (a fault of ours in every answer) or "mail" (there is a
    mail server)."""
    if time == "mail":
        return replace(usual, post=Post("smtp://127.0.0.1:1", "robo@exemplo.com.br"))
    boot = Boot("Preparando o banco de dados.")
    if time == "stuck":
        boot.fail("O banco de dados não responde.")
    if time == "broken":
        assert usual.boot.services is not None
        boot.open(replace(usual.boot.services, database=cast("Any", None)))
    return replace(usual, boot=boot)
