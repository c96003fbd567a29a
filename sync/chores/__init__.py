"""What the scheduler does besides running: notices, purges, and forgetting."""
