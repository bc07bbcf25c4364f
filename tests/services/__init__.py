"""The services that tests use: each is started by us, and stopped."""
