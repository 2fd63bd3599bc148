"""The speed claims, measured from outside on loopback: `make bench`."""
