"""Http: asks another system."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from flowengine.durations import Duration, seconds
from flowengine.expressions import EvaluationError, compile_template, compile_value, normalize
from flowengine.given import HttpCame, Told
from flowengine.messages import Answered, CallHttp, secret_marker
from flowengine.nodes.base import Base
from flowengine.pointers import read_pointer
from flowengine.run import Run, Step
from flowengine.values import Doc, Key, Name, Save


class Auth(Doc, frozen=True, kw_only=True):
    """How a call proves who calls.

    - `secret`: a secret of the workspace, sent as `Authorization: Bearer …`.
    """

    secret: Key


class StatusExit(Doc, frozen=True, kw_only=True):
    """An exit for some statuses.

    - `id`: names the exit `status:ID`.
    - `status`: the statuses.
    """

    id: Key
    status: tuple[int, ...]


class Http(Base, tag="http", frozen=True, kw_only=True):
    """Asks another system. A listed status takes its exit, any other 2xx `ok`, all else `failed`;
    `message.failure` says why.

    A call is made at least once. What the customer writes meanwhile is kept for the next wait.

    - `url`: where to, a template.
    - `method`: the HTTP method.
    - `headers`: names to templates; `secret.NAME` may be read.
    - `query`: names to templates, escaped.
    - `body`: sent as JSON.
    - `auth`: a secret that is sent along.
    - `timeout`: how long an answer may take.
    - `retry`: further tries, also where it is unclear whether the first one counted.
    - `idempotency_key`: sent as `Idempotency-Key` (left out: the call's own id).
    - `save`: pieces of the answer into variables.
    - `status_as`: the variable that gets the status.
    - `exits`: exits for some statuses.
    - `interruptible`: whether interrupts act while it waits.

    Exits: `ok`, `status:ID`, `failed`.

    Example::

        {"id": "busca", "type": "http", "method": "GET", "url": "https://loja.example/p/{{ n }}",
         "save": [{"to": "pedido", "path": ""}], "exits": [{"id": "nao_achou", "status": [404]}]}
    """

    url: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: Any = None
    auth: Auth | None = None
    timeout: Duration = "PT15S"
    retry: Annotated[int, Meta(ge=0, le=5)] = 0
    idempotency_key: str = ""
    save: tuple[Save, ...] = ()
    status_as: Name | None = None
    exits: tuple[StatusExit, ...] = ()
    interruptible: bool = True


class HttpStep(Step):
    def __init__(self, node: Http, _wired: frozenset[str]) -> None:
        self.fields, self.seconds = node, float(seconds(node.timeout))
        self.interruptible = node.interruptible
        self.url = compile_template(node.url)
        self.headers = {name: compile_template(text) for name, text in node.headers.items()}
        self.query = {name: compile_template(text) for name, text in node.query.items()}
        self.body, self.key = compile_value(node.body), compile_template(node.idempotency_key)
        self.exits = {status: f"status:{e.id}" for e in node.exits for status in e.status}
        parts = [self.url, self.body, self.key, *self.headers.values(), *self.query.values()]
        self.reads = frozenset[str]().union(*(part.reads for part in parts))
        auth = node.auth.secret if node.auth else ""
        named = {r.split(".")[1] for r in self.reads if r.startswith("secret.")}
        self.auth, self.secrets = auth, tuple(sorted(named | ({auth} if auth else set())))

    def enter(self, run: Run) -> str | None:
        effect = run.new_id()
        markers = {name: secret_marker(effect, name) for name in self.secrets}
        scope, env = {**run.scope, "secret": markers}, run.env
        call = CallHttp(
            id=effect,
            node=run.frame.node,
            flow=run.frame.flow,
            method=self.fields.method,
            url=self.url.render(scope, env),
            headers={name: text.render(scope, env) for name, text in self.headers.items()},
            query={name: text.render(scope, env) for name, text in self.query.items()},
            body=normalize(self.body.evaluate(scope, env)),
            auth=self.auth,
            secrets=self.secrets,
            timeout=self.seconds,
            retry=self.fields.retry,
            idempotency_key=self.key.render(scope, env),
        )
        run.add(call, awaited=True)
        run.stand_for("http")
        return None

    def told(self, run: Run, event: Told) -> str | None:
        if not isinstance(event, HttpCame):
            return super().told(run, event)
        outcome = event.outcome
        if not isinstance(outcome, Answered):
            run.failure = outcome.reason
            return "failed"
        if self.fields.status_as:
            run.assign(self.fields.status_as, outcome.status)
        exit = self._exit(outcome.status)
        if exit == "failed":
            run.failure = f"status {outcome.status}"
            return exit
        try:
            for save in self.fields.save:
                run.assign(save.to, read_pointer(outcome.body, save.path))
        except EvaluationError as error:
            run.failure = f"unexpected answer: {error.message}"
            return "failed"
        return exit

    def again(self, run: Run) -> str | None:
        """The answer may have come while the frame could not step on; else it is waited for."""
        kept = run.stand.kept
        return None if kept is None else self.told(run, kept)

    def _exit(self, status: int) -> str:
        if status in self.exits:
            return self.exits[status]
        return "ok" if 200 <= status < 300 else "failed"
