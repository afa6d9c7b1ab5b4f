"""Proof trees in words: drawn, rendered in matched versions, and proved with Z3."""
