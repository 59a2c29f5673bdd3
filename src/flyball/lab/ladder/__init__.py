"""Every close there is: each session's last half hour flown with the real runtime, and judged by the
exchange's own rules."""
