"""The small vocabulary of the stories; a tiny model must learn every word of it."""

NAMES = [
    "Tom",
    "Mia",
    "Ben",
    "Ann",
    "Leo",
    "Zoe",
    "Sam",
    "Eva",
    "Max",
    "Ida",
    "Jim",
    "Liz",
    "Bob",
    "Amy",
    "Dan",
    "Kim",
    "Ali",
    "Joy",
    "Ron",
    "Sue",
]
THINGS = [
    "apples",
    "pears",
    "coins",
    "stamps",
    "cards",
    "marbles",
    "shells",
    "beads",
    "books",
    "pens",
    "cups",
    "plums",
    "stickers",
    "buttons",
    "tickets",
    "stones",
]
COLOURS = ["red", "blue", "green", "black", "white", "yellow", "pink", "brown"]
SIDES = ["north", "south", "east", "west", "upper", "lower", "front", "back"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
CROPS = ["trees", "sheep", "cows", "goats", "bushes", "hens", "ducks", "horses"]
GOODS = (
    ("pen", "pens"),
    ("book", "books"),
    ("ball", "balls"),
    ("cup", "cups"),
    ("lamp", "lamps"),
    ("plate", "plates"),
    ("hat", "hats"),
    ("cake", "cakes"),
)
"""Singular and plural of what shops sell."""
DEEDS = (
    ("picked", "pick", "apples"),
    ("read", "read", "pages"),
    ("baked", "bake", "rolls"),
    ("sold", "sell", "tickets"),
    ("found", "find", "shells"),
    ("painted", "paint", "stones"),
)
"""Past tense, plain form, and what it is done to."""
PRODUCTS = (("makes", "make", "toys"), ("bakes", "bake", "rolls"), ("paints", "paint", "cups"))
"""Third person, plural form, and what is made by the hour."""
