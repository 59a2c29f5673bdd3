"""The proving ground: the demo, the benches, planted bugs. The one room beside `main` that may see
everything."""
