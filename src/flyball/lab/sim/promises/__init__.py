"""The promises of SPEC section 2, judged from outside: an account of its own, kept from the journal, the
socket and the broker's truth."""
