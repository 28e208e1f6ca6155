"""Call volumes and handle times."""
