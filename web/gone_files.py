"""Files that a flow shows and that its workspace has not: it came from elsewhere without them."""

from collections.abc import Iterator

from flowengine.check import Finding
from flowengine.check.places import contents
from flowengine.flow import Flow
from flowengine.messages import Media


def shown_files(flow: Flow) -> frozenset[str]:
    """The files that a flow names, "sha256:…"."""
    return frozenset(name for _node, _path, name in _places(flow))


def gone_files(flow: Flow, files: frozenset[str]) -> list[Finding]:
    """An error for each place with a file that is not among `files`: every send of it would fail.
    What is no name of a file at all, check itself tells."""
    return [
        Finding("media_asset", node, path=path, values={"name": name})
        for node, path, name in _places(flow)
        if name not in files
    ]


def _places(flow: Flow) -> Iterator[tuple[str, str, str]]:
    """Each file with its node and path."""
    for at, node in enumerate(flow.nodes):
        for content, path in contents(node):
            for part in ("media", "header"):
                media = getattr(content, part, None)
                if isinstance(media, Media) and (media.asset or "").startswith("sha256:"):
                    yield node.id, f"/nodes/{at}{path}/{part}/asset", str(media.asset)
