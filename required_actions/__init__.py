"""Activation: the steps, the wizard that walks people through them, and the links that lead there."""
