"""One loop, and what supplies it with batches and losses: pretrain, sft, grpo, distill."""
