"""`flyball demo`: real prices, a bot that means well for a while and then goes wild, and the governor
holding it."""
