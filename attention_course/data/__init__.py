"""Makers of what is attended to: displays, photographs, dates, sentences, scenes, sounds."""
