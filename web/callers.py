"""Who asks: a person by session, a program by key, or a user who signed in to the API."""

from flowengine.store import accounts, api_keys, grants, sessions
from web.access import COOKIE
from web.csrf import csrf_token
from web.problems import Problem, SignInNeeded
from web.request import AnyRequest, Me, Program, SignedIn, services, workspaces_of
from web.texts import _


async def find_caller(request: AnyRequest, template: str) -> Me | SignedIn | Program:
    """The API goes by key or by a signed-in user's token, pages by session."""
    if template.startswith("/api/"):
        return await find_program(request)
    return await find_me(request)


async def find_signed_in(request: AnyRequest, token: str) -> SignedIn:
    """The user of an access token, with the role of this moment."""
    claims = services(request).signer.read(token)
    if claims is not None:
        async with services(request).database.web(claims.tenant, claims.user) as transaction:
            grant = await grants.find_grant(transaction, claims.grant)
        if grant is not None and (grant.tenant_id, grant.user_id) == (claims.tenant, claims.user):
            return SignedIn(grant.user_id, grant.name, grant.role, grant.tenant_id, grant.id)
    raise Problem(_("Esta sessão acabou: entre de novo."), status=401)


async def find_program(request: AnyRequest) -> SignedIn | Program:
    scheme, _space, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Problem(
            _("Falta a chave da API."),
            status=401,
            mend=_("Envie o cabeçalho “Authorization: Bearer fe_…”."),
        )
    if not secret.startswith("fe_"):
        return await find_signed_in(request, secret.strip())
    async with services(request).database.visitor() as transaction:
        key = await api_keys.find_api_key(transaction, secret.strip())
    if key is None:
        raise Problem(_("Esta chave da API não vale, ou foi revogada."), status=401)
    return Program(key.id, key.name, key.role, key.tenant_id, key.areas)


async def find_me(request: AnyRequest) -> Me:
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise SignInNeeded
    database = services(request).database
    async with database.visitor() as transaction:
        session = await sessions.find_session(transaction, token)
        if session is None:
            raise SignInNeeded
        places = await accounts.places(transaction, session.user_id)
    return Me(
        id=session.user_id,
        name=session.name or session.email,
        email=session.email,
        language=session.language,
        role=session.role,
        tenant=session.tenant_id,
        workspace=session.tenant_name,
        timezone=session.tenant_timezone,
        csrf=csrf_token(session.csrf, session.tenant_id),
        secret=session.csrf,
        workspaces=workspaces_of(places),
    )
