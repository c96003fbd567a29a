"""What an operator may do about one human: look, merge two accounts, split one, give another name."""
