"""`flowengine workspace list | add | join`: workspaces and who gets into them, for operators.

`add` and `join` print a link. Who opens it chooses a password, or comes in with the account that
they have in another workspace: one person, one password, several workspaces.
"""

import argparse
from datetime import timedelta

from flowengine.store.accounts import ROLES, Member, member, members, set_role
from flowengine.store.api_keys import revoke_above
from flowengine.store.auditing import COMMAND, act_as
from flowengine.store.database import Transaction
from flowengine.store.invitations import invite, pending
from flowengine.store.sessions import make_link
from flowengine.store.tenants import Tenant, tenant_by_slug, tenants
from web.commands.opened import OpenedStore, configure_json, run_on_store
from web.commands.output import bad_usage, json_line, text
from web.workspaces import make_workspace

LINK = timedelta(days=7)
"""How long a printed link can be used (once)."""


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="list | add | join")
    configure_json(acts.add_parser("list", help="every workspace, its people and owners"))
    add = acts.add_parser("add", help="a new workspace, and a link for its owner")
    add.add_argument("name", metavar="NAME", help="as people see it")
    add.add_argument("--owner", metavar="EMAIL", required=True, help="who owns it")
    add.add_argument("--slug", default="", help="its short name; left out, made of NAME")
    configure_json(add)
    join = acts.add_parser("join", help="let somebody in, or give them another role; a link")
    join.add_argument("slug", metavar="SLUG", help="the workspace")
    join.add_argument("email", metavar="EMAIL", help="who")
    join.add_argument("role", metavar="ROLE", choices=ROLES, help=" | ".join(ROLES))
    configure_json(join)


def run(arguments: argparse.Namespace) -> int:
    """One line for each workspace, or one with the link."""
    acts = {"list": _list, "add": _add, "join": _join}
    return run_on_store(lambda opened: acts[arguments.act](opened, arguments))


async def _list(opened: OpenedStore, arguments: argparse.Namespace) -> int:
    async with opened.database.worker() as transaction:
        for place in await tenants(transaction):
            inside = transaction.of(place.id)
            _show(place, await members(inside), len(await pending(inside)), arguments.json)
    return 0


def _show(place: Tenant, people: tuple[Member, ...], waiting: int, as_json: bool) -> None:
    owners = [person.email for person in people if person.role == "owner"]
    if as_json:
        row = {"slug": place.slug, "name": place.name, "people": len(people), "owners": owners}
        json_line({"id": str(place.id), **row, "pending": waiting})
        return
    invited = f" ({waiting} invited, not come yet)" if waiting else ""
    whose = f"owned by {', '.join(owners)}"
    text(f"{place.slug}  {place.name}  {len(people)} people{invited}, {whose}")


async def _add(opened: OpenedStore, arguments: argparse.Namespace) -> int:
    _refuse_no_address(arguments.owner)
    name = arguments.name.strip()
    if not name:
        raise bad_usage("NAME is empty")
    async with opened.database.worker() as transaction:
        place = await make_workspace(transaction, name, arguments.slug)
        path = await _let_in(transaction.of(place.id), place, arguments.owner, "owner")
    _tell(opened, place, arguments.owner, path, arguments.json)
    return 0


async def _join(opened: OpenedStore, arguments: argparse.Namespace) -> int:
    _refuse_no_address(arguments.email)
    async with opened.database.worker() as transaction:
        place = await tenant_by_slug(transaction, arguments.slug)
        if place is None:
            raise bad_usage(f"there is no workspace {arguments.slug!r}")
        path = await _let_in(transaction.of(place.id), place, arguments.email, arguments.role)
        user = await invite(transaction.of(place.id), arguments.email, "", arguments.role)
    async with opened.database.web(place.id) as transaction:
        await act_as(transaction, COMMAND)
        await revoke_above(transaction, user, arguments.role)
    _tell(opened, place, arguments.email, path, arguments.json)
    return 0


async def _let_in(inside: Transaction, place: Tenant, email: str, role: str) -> str:
    """The path of their link."""
    user = await invite(inside, email, email.partition("@")[0].capitalize(), role)
    if (await member(inside, user)).role != role:
        await set_role(inside, user, role)
    return f"/invite/{await make_link(inside, user, place.id, LINK)}"


def _refuse_no_address(email: str) -> None:
    if "@" not in email:
        raise bad_usage(f"{email!r} is no e-mail address")


def _tell(opened: OpenedStore, place: Tenant, email: str, path: str, as_json: bool) -> None:
    link = opened.root + path
    if as_json:
        json_line({"slug": place.slug, "name": place.name, "email": email, "link": link})
        return
    text(f"{email} gets into {place.name} ({place.slug}) by this link, once, within seven days:")
    text(link)
