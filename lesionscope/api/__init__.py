"""The HTTP API beside the app: for programs, with the accounts and the rights of people."""
