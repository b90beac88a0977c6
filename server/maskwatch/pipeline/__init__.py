"""The line itself: slots, sampling, the inference worker, the supervisors and the bus."""
