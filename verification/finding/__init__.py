"""Where in a text an answer is stated, form by form."""
