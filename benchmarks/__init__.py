"""How good it is: `python -m benchmarks NAME`."""
