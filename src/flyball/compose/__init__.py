"""Where one governor is put together: the only room beside `main` and `lab` that meets runtime, adapters and
machine at once."""
