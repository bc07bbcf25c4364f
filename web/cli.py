"""The `flowengine` command: a table of contents; bodies are in `web.commands`, imported lazily.

Exit codes: 0 done, 1 the thing failed, 2 bad usage or file. With `--json` standard output is JSON
lines only; everything else goes to standard error.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from web.commands.output import CommandError

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("up", "start everything: database, web and workers, in one process"),
    "web": ("serve", "start a web process (production)"),
    "worker": ("worker", "start a worker process (production)"),
    "baileys": ("baileys", "start the process that links phones as their device (production)"),
    "migrate": ("migrate", "bring the database's tables up to date"),
    "check": ("check", "review flows: what is wrong, where, and how to mend it"),
    "diff": ("diff", "what changed between two versions of a flow"),
    "translations": ("translations", "hand a flow's texts to translators, and take them back"),
    "schema": ("schema", "print the JSON Schema of flow documents"),
    "simulate": ("simulate", "play a chat with a flow; no server, no database, nothing is called"),
    "test": ("test", "play talks, the tests of flows"),
    "explore": ("explore", "walk a flow by itself, and write the talks that cover its exits"),
    "export": ("transfer", "print a flow of the workspace"),
    "import": ("transfer", "put a flow into the workspace"),
    "backup": ("backup", "write the database and its media to one file, while the product runs"),
    "restore": ("backup", "bring a backup back, into an empty database or data folder"),
    "channel": ("channel", "add, list and remove channels"),
    "contacts": ("contacts", "erase a person, or merge two contacts that are one"),
    "workspace": ("workspace", "list and add workspaces, and let people into them"),
    "policy": ("policy", "how long what was said is kept, and when it is quiet"),
    "dead-letters": ("dead_letters", "what could not be delivered: list, send again, put aside"),
    "replay": ("replay", "fold an execution's journal again and compare"),
    "journal": ("journal", "print recorded conversations as a file"),
    "record": ("record", "write a recorded conversation down as a talk"),
    "rehearse": ("rehearse", "play recorded conversations on another version of their flow"),
    "plan": ("plan", "where running executions would go in another version"),
    "bench": ("bench", "measure the engine or the whole product"),
    "chaos": ("chaos", "kill everything while customers write, and compare what they heard"),
}
"""Name to (module of `web.commands`, what it does)."""


class _Parser(argparse.ArgumentParser):
    """One sentence on standard error and exit code 2, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}. See {self.prog} --help.", file=sys.stderr)
        raise SystemExit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; gives its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        from importlib.metadata import version

        print(f"flowengine {version('flowengine')}")
        return 0
    name = words[0]
    if name not in COMMANDS:
        return _unknown(name)
    return _run(name, words[1:])


def _run(name: str, words: list[str]) -> int:
    module_name, summary = COMMANDS[name]
    module = import_module(f"web.commands.{module_name}")
    parser = _Parser(prog=f"flowengine {name}", description=summary)
    module.configure(parser, name)
    arguments = parser.parse_args(words)
    try:
        return int(module.run(arguments))
    except CommandError as error:
        print(f"flowengine {name}: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _overview() -> str:
    lines = ["usage: flowengine COMMAND …", ""]
    lines += [f"  {name:<12} {summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join([*lines, "", "flowengine COMMAND --help says more."])


def _unknown(name: str) -> int:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, 1)
    guess = f" Did you mean `{near[0]}`?" if near else " See flowengine --help."
    print(f"flowengine: there is no command `{name}`.{guess}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
