"""The sizes of the programs that RE2 makes of the expressions of paths, as google-re2 told them."""

STEPS = (
    ("/", 10),
    ("/orders", 16),
    ("/api/v1/orders/*", 28),
    ("/api/v1/orders/*/items/*", 39),
    ("/api/v1/*/a/*/b/**", 31),
    ("/**", 10),
    ("/*/**", 15),
    ("/a.b(c)", 16),
    ("/é", 12),
)
"""Each path with the steps of its program."""
