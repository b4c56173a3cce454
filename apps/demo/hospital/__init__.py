"""The demo hospital: who works there, which cases it has, and their studies."""
