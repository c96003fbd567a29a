"""What ``make demo`` adds around kc-bridge: sample people, a mail catcher, an application, and the runner."""
