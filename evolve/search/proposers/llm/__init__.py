"""Language models as proposers: prompts from the archive, replies to candidates, asked ahead."""
