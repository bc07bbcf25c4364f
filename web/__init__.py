"""What people see: pages, the REST API, webhooks and the command line."""
