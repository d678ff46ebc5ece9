"""Bank rules an owner writes in YAML: read, checked and applied. Pure: text in, proposals out."""
