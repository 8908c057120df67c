"""Long work on the server's side: durable operations, one step a kind."""
