"""The bodies of the `flowengine` command, one file each.

A command imports what it needs when it runs, so `check` and `simulate` load neither the web server
nor the database. `web.cli` is their table of contents.
"""
