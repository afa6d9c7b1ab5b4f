"""Verifiers: what a completion answered, and whether that is right. No torch, no models."""
