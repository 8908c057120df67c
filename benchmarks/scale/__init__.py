"""How far one machine goes: many annotators at once, and many images."""
