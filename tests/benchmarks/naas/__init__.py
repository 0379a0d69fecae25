"""NAAS on open ground."""
