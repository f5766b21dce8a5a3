"""Ears and voice: audio, voice activity, recognisers, synthesisers, understanding, scoring.

Knows nothing of databases, telephones or campaigns.
"""
