"""Alerts that page a person: from the journal to email, Slack and webhook, until somebody looks after them.

`tail` follows the journal, `pages` makes pages of what it says, `due` decides where and when each is sent,
the channels send, `pager` is the process that does all of it, and `records` hands what became of it to the
governor. Nothing here can loosen anything.
"""
