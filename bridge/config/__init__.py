"""Files that people write: YAML → positioned nodes → Settings and Rules; problems and how they print."""
