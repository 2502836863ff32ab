"""What all tests share."""

from hypothesis import settings

# No test is timed: on a busy machine a call of a millisecond may take a quarter of a second.
settings.register_profile("stepmint", deadline=None)
settings.load_profile("stepmint")
