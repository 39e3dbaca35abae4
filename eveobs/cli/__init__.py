"""What a person types, a module per command: parse, call one function below, render."""
