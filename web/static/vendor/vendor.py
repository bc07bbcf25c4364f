#!/usr/bin/env python3
"""Refresh the browser files that are not ours.  Usage: vendor.py [--check]

Runs `npm pack name@version` with whatever registry npm is set up for, takes only the listed files
and writes vendor.lock.json (version, licence, SHA-384 of each file). With --check, or in the test
suite, nothing is fetched: the files on disk must match the lock. To update: change a version here,
run it, read the diff, run the browser tests, commit. No Node is needed to build or to run the web.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "vendor.lock.json"

PACKAGES = {
    "htmx.org@4.0.1": {
        "dist/htmx.min.js": "htmx.min.js",
        "dist/ext/hx-sse.min.js": "hx-sse.min.js",
        "LICENSE": "htmx.LICENSE",
    },
    "lucide-static@1.62.0": {"LICENSE": "lucide.LICENSE"},
    "@fontsource-variable/inter@5.3.0": {
        "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
        "LICENSE": "inter.LICENSE",
    },
}

ICONS = """
archive arrow-left arrow-right bell-off book-open bot building-2 calendar-clock check check-check
chevron-down chevron-left chevron-right circle-alert circle-check-big circle-dashed circle-help
circle-x clipboard-list clock code copy copy-plus download eye file-json file-text filter folder
git-branch globe hand headset history house image inbox key key-round keyboard languages link list
log-out map-pin menu message-circle message-square-text messages-square mic moon octagon-alert
paperclip pencil phone play plug plus qr-code radio refresh-cw repeat reply rocket rotate-ccw
search send-horizontal settings shield-check smartphone sparkles split square-stack sticky-note sun
tag tags text-cursor-input timer trash-2 triangle-alert upload user user-plus users variable video
webhook workflow x zap
""".split()


def sri(data: bytes) -> str:
    """The hash as browsers write it in `integrity`."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def differences() -> list[str]:
    """Names of vendored files that are missing or do not match the lock."""
    lock = json.loads(LOCK.read_text("utf-8"))
    wanted = {name: want for package in lock.values() for name, want in package["files"].items()}
    return [
        name
        for name, want in wanted.items()
        if not (HERE / name).is_file() or sri((HERE / name).read_bytes()) != want
    ]


def sprite(icons: dict[str, str]) -> bytes:
    """One SVG of symbols, from the icons' own SVG texts."""

    def shape(svg: str) -> str:
        body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S)
        assert body
        return re.sub(r"\s+", " ", body[1]).strip()

    symbols = "".join(
        f'<symbol id="{name}" viewBox="0 0 24 24">{shape(svg)}</symbol>\n'
        for name, svg in sorted(icons.items())
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}</svg>\n'.encode()


def fetch(spec: str, files: dict[str, str], folder: str) -> tuple[str, dict[str, object]]:
    """Packs one package, writes its listed files here, returns its name and lock entry."""
    packed = subprocess.run(
        ["npm", "pack", spec, "--silent", "--ignore-scripts", "--pack-destination", folder],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[-1]
    with tarfile.open(Path(folder, packed)) as tar:

        def read(path: str) -> bytes:
            member = tar.extractfile("package/" + path)
            assert member, path
            return member.read()

        meta = json.loads(read("package.json"))
        got = {
            target: re.sub(rb"\n?//# sourceMappingURL=.*\s*$", b"\n", read(source))
            for source, target in files.items()
        }
        if meta["name"] == "lucide-static":
            got["icons.svg"] = sprite({n: read(f"icons/{n}.svg").decode() for n in ICONS})
    for name, data in got.items():
        (HERE / name).write_bytes(data)
    entry = {"version": meta["version"], "license": meta["license"]}
    return meta["name"], entry | {"files": {name: sri(data) for name, data in got.items()}}


def main() -> int:
    if "--check" in sys.argv:
        bad = differences()
        sys.stdout.write("\n".join(bad) + "\n" if bad else "vendored files match the lock\n")
        return bool(bad)
    with tempfile.TemporaryDirectory() as folder:
        lock = dict(fetch(spec, files, folder) for spec, files in PACKAGES.items())
    LOCK.write_text(json.dumps(lock, indent=1, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
