"""What the web is given when its process starts. The port opens first; the rest comes later.

`flowengine up` and `flowengine web` build a `Runtime`, serve `create_app(runtime)` at once, then
open database and workers and call `runtime.boot.open(services)`.
"""

from datetime import datetime

import httpx
from msgspec import Struct

from connectors.net import GuardedClient
from connectors.simulator import Network
from flowengine.store.database import Database
from flowengine.store.vault import Vault
from web.limits import Limits
from web.mail import Post
from web.tokens import Signer
from workers.handle import Workers


class Services(Struct, frozen=True):
    """What exists only once the database answers.

    `workers`: the door for what happens. `vault` seals secrets and channels' settings. `http`: the
    client that channels' connectors share. `guarded`: the one for addresses that authors choose.
    `signer`: of the API's access tokens. `limits`: how often a workspace may ask the API.
    `network`: the simulator's provider, where it is in this process; its HTTP side is mounted at
    /sim.
    """

    database: Database
    vault: Vault
    workers: Workers
    http: httpx.AsyncClient
    guarded: GuardedClient
    signer: Signer
    limits: Limits
    network: Network | None = None


class Boot:
    """How far the process is. Touched from the server's own loop only.

    `stage`: plain words for the page that people see meanwhile. `problem`: why it cannot go on.
    """

    def __init__(self, stage: str = "") -> None:
        self.stage = stage
        self.problem = ""
        self.services: Services | None = None

    def open(self, services: Services) -> None:
        """From here `/health/ready` is 200 and every page works."""
        self.services = services

    def fail(self, problem: str) -> None:
        """It cannot go on; `problem` is a sentence for people."""
        self.problem = problem
        self.services = None

    def close(self) -> None:
        """Draining: new requests are answered 503, so that a load balancer looks elsewhere."""
        self.services = None


class Runtime(Struct, frozen=True):
    """`public_url`: where the world reaches us ("" = as requests say). `embedded`: one process.
    `new_workspaces`: owners may make some by themselves.

    `metrics_token`: who shows it may see what is counted; "": this machine only. `post`: the mail
    server, where there is one.
    """

    boot: Boot
    started_at: datetime
    version: str
    embedded: bool = True
    public_url: str = ""
    metrics_token: str = ""
    new_workspaces: bool = False
    post: Post | None = None


class NotReady(Exception):
    """The database is not there yet (or not any more): answered with 503."""
