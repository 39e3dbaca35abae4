"""Archives of EVE Ref's public contracts: their layout, how they are read and written."""
