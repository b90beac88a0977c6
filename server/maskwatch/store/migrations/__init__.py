"""Steps from an empty database to the present tables; run by `maskwatch.store.migrate`."""
