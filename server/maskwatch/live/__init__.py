"""The live view: packets passed on to browsers, re-encoding where they can't be."""
