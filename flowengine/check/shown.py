"""Proof about files that a flow shows and that its workspace has not: it came without them."""

from collections.abc import Iterator

from flowengine.check.finding import Finding
from flowengine.check.places import contents
from flowengine.check.subject import Subject
from flowengine.flow import Flow
from flowengine.messages import Media


def shown(subject: Subject) -> Iterator[Finding]:
    """A file that is not there, where the workspace says which are: every send of it would fail.
    What is no name of a file at all, `limits` tells."""
    there = subject.workspace.files if subject.workspace is not None else None
    if there is None:
        return
    known = frozenset(there)
    for node, path, name in _places(subject.flow):
        if name not in known:
            yield Finding("unknown_file", node, path=path, values={"name": name})


def shown_files(flow: Flow) -> frozenset[str]:
    """The files that a flow names, "sha256:…". Cost: linear in the contents."""
    return frozenset(name for _node, _path, name in _places(flow))


def _places(flow: Flow) -> Iterator[tuple[str, str, str]]:
    """Each file with its node and path."""
    for at, node in enumerate(flow.nodes):
        for content, path in contents(node):
            for part in ("media", "header"):
                media = getattr(content, part, None)
                if isinstance(media, Media) and (media.asset or "").startswith("sha256:"):
                    yield node.id, f"/nodes/{at}{path}/{part}/asset", str(media.asset)
