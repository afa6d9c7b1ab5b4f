"""Reads final answers written in LaTeX or plain text into trees, strictly, and says when two are equal."""
