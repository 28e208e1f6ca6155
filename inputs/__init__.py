"""What is known: contracts, sources, layers, quality gates, the synthetic company."""
