"""Who is told of alerts: one file a kind of target, found by its `PLUGIN`; and what sends to them."""
