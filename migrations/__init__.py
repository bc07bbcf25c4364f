"""The history of the schema, run by `flowengine.store.migrate`."""
