"""Token ids in, token ids out: sampling from a decoder, with the exact cost of each completion."""
