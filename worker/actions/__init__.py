"""What is done on request: reviewing, explaining, matching files by themselves."""
