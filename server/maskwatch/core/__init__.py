"""The pure core: types, geometry, sampling, tracking, compliance and rules. Standard library and numpy only."""
