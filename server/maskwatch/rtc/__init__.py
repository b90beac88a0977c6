"""WebRTC itself, below both its users: offers read, connections answered and ended, aiortc's inside wrapped."""
