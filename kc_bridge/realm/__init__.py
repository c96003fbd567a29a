"""The realm kc-bridge needs: what it should be, how it differs, writing it, and checking the whole installation."""
