"""The most that may be said at once, in one place; the values that are bounded check themselves.

Each is far beyond what people do, and small enough that nobody can keep a server from others by it.
"""

LONGEST_TEXT = 10_000
"""Characters of any text in a request."""
LONGEST_NAME = 255
"""Characters of a category's or an image's name."""
LONGEST_TITLE = 1_000
"""Characters of a project's display name."""
MOST_CATEGORIES = 1_000
"""Of a project."""
MOST_OBJECTS = 10_000
"""Objects, points, strokes or boxes of one label, and counted objects of one category."""
MOST_OBJECTS_AT_ONCE = 20_000
"""Of all labels in one request."""
MOST_MASK_BYTES = 16 * 1024 * 1024
"""Of the runs of all masks of one label."""
PAGE_BYTES = 4 * 1024 * 1024
"""Of one page of a list, about; a page that would have more ends early."""
