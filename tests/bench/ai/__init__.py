"""What `make bench NAME=ai` compares, and with what."""
