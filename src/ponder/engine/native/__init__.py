"""Kernels in C for decoding on a CPU, compiled at first use. `decoder.c` is the place to begin reading."""
