"""Brokers behind one port: what is submitted, cancelled and asked goes out, facts come back as events."""
