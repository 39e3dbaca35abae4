"""Telling people what happened: rules that notice, a digest, and those who are told, each once."""
