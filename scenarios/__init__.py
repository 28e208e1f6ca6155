"""What is asked: the schema, the loader, the planners' YAML files."""
