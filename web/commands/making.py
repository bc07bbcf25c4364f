"""The `Runtime` of a process that serves the web, out of its settings."""

from datetime import UTC, datetime
from importlib.metadata import version

from web.mail import Post
from web.runtime import Boot, Runtime
from workers.settings import Settings


def make_runtime(settings: Settings, boot: Boot, *, embedded: bool) -> Runtime:
    """`embedded`: the process works too."""
    token, mail = settings.metrics_token, settings.smtp_url
    return Runtime(
        boot=boot,
        started_at=datetime.now(UTC),
        version=version("flowengine"),
        embedded=embedded,
        public_url=settings.public_url,
        metrics_token=token.get_secret_value() if token else "",
        new_workspaces=settings.new_workspaces,
        post=Post(mail.get_secret_value(), settings.mail_from) if mail else None,
    )
