"""What will happen: calls, closure, customers, leads, and what the next best action is worth."""
