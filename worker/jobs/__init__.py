"""The scheduled work in its order: pull, match, post, verify, digest. Each job reads as one story."""
