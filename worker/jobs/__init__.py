"""The scheduled work in its order, each job a story: pull, match, post, verify, digest."""
