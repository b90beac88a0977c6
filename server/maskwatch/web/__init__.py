"""What browsers and programs talk to: pages, API, websocket, WHIP and WHEP."""
