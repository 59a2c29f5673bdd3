"""The panic drill: how long from the button to flat, and how many calls to the broker it takes."""
