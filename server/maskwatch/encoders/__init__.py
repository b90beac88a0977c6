"""Face encoders, one file each: what tells that two faces are the same person. Never stored, logged or sent."""
