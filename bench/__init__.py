"""Benchmarks: ratios against peers and a baseline, each taken within one run. `./dev bench` prints them."""
