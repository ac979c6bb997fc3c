"""What `benches/run` is made of. Standard library only."""
