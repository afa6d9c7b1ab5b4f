"""The decoder: its shape, its forward pass, and where its weights come from."""
