"""The web application on one page: routes, templates, errors, headers."""

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import ResponseHeader, State

from web.access import admit, check_access
from web.assets import load_assets, serve_asset
from web.headers import HEADERS
from web.health import health, ready
from web.problems import answer_problem
from web.render import make_environment
from web.runtime import Runtime
from web.sign_in import Account, SignIn

ROUTES = [health, ready, serve_asset, SignIn, Account]

LARGEST_FORM = 8 * 1024 * 1024  # bytes; webhooks and imports have smaller limits of their own

# Streams must not wait in a compressor; static files are compressed once; webhooks answer "ok".
PLAIN = ["^/static/", "^/webhooks/", "^/simulator-provider/", "/live$"]


def create_app(runtime: Runtime) -> Litestar:
    """The application. It may be served before `runtime.boot.open(...)`: then pages say so."""
    assets = load_assets()
    app = Litestar(
        route_handlers=ROUTES,
        guards=[admit],
        exception_handlers={Exception: answer_problem},
        response_headers=[ResponseHeader(name=n, value=v) for n, v in HEADERS.items()],
        compression_config=CompressionConfig(backend="gzip", minimum_size=1000, exclude=PLAIN),
        request_max_body_size=LARGEST_FORM,
        state=State({"runtime": runtime, "assets": assets, "templates": make_environment(assets)}),
        openapi_config=None,
        logging_config=None,
    )
    check_access(app)
    return app
