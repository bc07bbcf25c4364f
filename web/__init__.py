"""What people see: webhooks, pages, the API and the command line."""
