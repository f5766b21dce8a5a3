"""Teaches the sentence encoder what elders' answers mean: ``make tune-encoder``.

Needs PyTorch (``pip install 'wenan[tune]'``) and the encoder (``wenan models fetch``).
"""
