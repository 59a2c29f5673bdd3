"""Speed and memory as ratios, side by side in interleaved rounds. Absolute figures are not promises."""
