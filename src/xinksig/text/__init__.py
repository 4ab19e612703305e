"""Where a reader sees the trigger in a text, and how the signature is put there: characters in, edits out."""
