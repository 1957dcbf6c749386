"""Short form -> long form: the grammar of specs. A parser takes a text to a value, or raises FormError."""
