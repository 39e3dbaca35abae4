"""What a shell completes: words of the command line, and names from the store, without a network.

A Tab should cost less than loading Typer does. So the commands and options are kept as a tree in a
file (`keeping`), which is made anew only when eveobs or a package beside it was changed.
"""
