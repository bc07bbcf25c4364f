"""What a page shows with all that it sends: which workspace it was made in, and that it is ours.

The workspace is the session's, so a switch in one tab re-aims every other one. A page's token is
bound to both, `WORKSPACE.HMAC`: what it sends is done in its own workspace or not at all.
"""

import hashlib
import hmac
from uuid import UUID

from web.problems import OtherWorkspace, Problem
from web.request import AnyRequest, Me
from web.texts import _

HEADER = "x-csrf-token"

OLD = {"X-Problem": "token"}
"""Tells the editor that nothing was looked at but the token: what it sent may be sent again."""

OF_PERSON = ("/workspace", "/sign-out", "/preferences", "/password")
"""What somebody does for themselves, wherever they are: a page of another workspace may too."""


def csrf_token(secret: str, workspace: UUID) -> str:
    """The token of a session's pages in a workspace; `secret` is the session's own."""
    seal = hmac.new(secret.encode(), workspace.bytes, hashlib.sha256).hexdigest()
    return f"{workspace.hex}.{seal}"


def made_in(token: str) -> UUID | None:
    """The workspace of the page that shows this token; None where it names none."""
    try:
        return UUID(hex=token.partition(".")[0])
    except ValueError:
        return None


async def check_page(request: AnyRequest, who: Me, *, unsafe: bool) -> None:
    """Nothing is done, and no piece of a page is read, for a page of another workspace.

    Whole pages are asked for without a token and show the workspace of now. Streams of a browser's
    own cannot send a header: they name the workspace in their address.
    """
    token = request.headers.get(HEADER, "")
    if unsafe and not token:
        form = await request.form()
        token = str(form.get("_csrf", ""))
    elif not token:
        token = request.query_params.get("workspace", "")
    place = made_in(token)
    if place is not None and place != who.tenant and request.url.path not in OF_PERSON:
        raise OtherWorkspace(who, place)
    if not unsafe:
        return
    ours = csrf_token(who.secret, place or who.tenant)
    if not hmac.compare_digest(token.encode(), ours.encode()):
        raise Problem(
            _("A página ficou velha."),
            status=403,
            mend=_("Recarregue-a e tente de novo."),
            headers=OLD,
        )
