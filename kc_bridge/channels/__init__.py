"""What others than people are told of accounts: directories, and receivers of webhooks."""
