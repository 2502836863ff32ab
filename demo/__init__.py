"""The demo policy: a tiny model trained from scratch on synthetic problems. Not a real model."""
