"""Proof kernels: each decides by its own rules whether a text proves a theorem."""
