"""Masks for a folder of photographs of which people have said what they hold."""
