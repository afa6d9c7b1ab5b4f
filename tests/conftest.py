"""Settings that hold for every test."""

from hypothesis import settings

# A busy machine is slow now and then; that is no failure.
settings.register_profile("ponder", deadline=None)
settings.load_profile("ponder")
