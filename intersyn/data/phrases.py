"""The wording: how each action and each style is said in English. `texts` turns these tables into sentences."""

from __future__ import annotations

# Predicates of "a person ...". {side} and {other} stand for left and right; the shared tables below use them.
# These actors turn most of the way towards where they go and still drift to the side: not side steps.
_WALK_SIDE = (
    "walks to the {side}", "walks diagonally to the {side}", "walks forward and to the {side}",
    "walks off to the {side}",
    "goes to the {side}", "is walking towards the {side}", "drifts to the {side} while walking", "heads {side} on foot",
    "walks ahead, slanting to the {side}", "strolls over to the {side}",
)  # fmt: skip
_TURN = (
    "walks and turns {side}", "walks forward and turns to the {side}", "turns {side} while walking",
    "walks a curve to the {side}", "is walking and turning {side}", "walks ahead, then turns {side}",
    "makes a {side} turn while walking", "walks round a {side} bend", "goes forward and turns off to the {side}",
    "changes direction to the {side} as they walk",
)  # fmt: skip
_WAVE = (
    "waves with the {side} hand", "waves the {side} hand", "is waving the {side} hand", "waves with their {side} hand",
    "lifts the {side} hand and waves", "waves the {side} arm", "swings the {side} hand from side to side",
    "greets someone by waving the {side} hand", "raises the {side} arm and waves it", "gives a {side}-hand wave",
)  # fmt: skip
_RAISE = (
    "raises the {side} hand", "raises the {side} arm", "lifts the {side} hand", "puts the {side} hand up",
    "lifts their {side} arm up high", "is raising the {side} hand", "holds up the {side} hand",
    "reaches up with the {side} hand", "stretches the {side} arm upwards", "raises their {side} hand above the head",
)  # fmt: skip


def _sided(templates: tuple[str, ...], side: str) -> tuple[str, ...]:
    return tuple(template.format(side=side) for template in templates)


ACTIONS: dict[str, tuple[str, ...]] = {
    "walk": (
        "walks forward", "walks", "is walking", "walks straight ahead", "takes several steps forward",
        "strolls ahead", "goes forward on foot", "is walking in a straight line", "paces forward",
        "steps forward at a walking pace",
    ),
    "run": (
        "runs", "runs forward", "is running", "jogs", "jogs forward", "goes for a run", "runs straight ahead",
        "is jogging ahead", "moves forward at a run", "runs along",
    ),
    "dash": (
        "dashes forward", "sprints", "runs fast", "is sprinting ahead", "dashes", "rushes forward",
        "runs as fast as possible", "breaks into a sprint", "speeds ahead at full run", "makes a quick dash",
    ),
    "walk-back": (
        "walks backward", "walks backwards", "steps back", "is walking backward", "moves backward",
        "backs away", "goes backwards step by step", "takes several steps back", "retreats on foot",
        "walks in reverse",
    ),
    "walk-left": _sided(_WALK_SIDE, "left"), "walk-right": _sided(_WALK_SIDE, "right"),
    "walk-turn-left": _sided(_TURN, "left"), "walk-turn-right": _sided(_TURN, "right"),
    "wave-left-hand": _sided(_WAVE, "left"), "wave-right-hand": _sided(_WAVE, "right"),
    "wave-both-hands": (
        "waves with both hands", "waves both hands", "is waving both hands", "waves both arms",
        "lifts both hands and waves", "swings both hands from side to side", "waves the two hands at once",
        "greets someone by waving both hands", "raises both arms and waves them", "gives a wave with both hands",
    ),
    "raise-up-left-hand": _sided(_RAISE, "left"), "raise-up-right-hand": _sided(_RAISE, "right"),
    "raise-up-both-hands": (
        "raises both hands", "raises both arms", "lifts both hands", "puts both hands up",
        "lifts their arms up high", "is raising both hands", "holds up both hands", "reaches up with both hands",
        "stretches both arms upwards", "raises their hands above the head",
    ),
    "bow": (
        "bows", "takes a bow", "bows politely", "bends forward to bow", "is bowing", "makes a bow",
        "bows from the waist", "greets someone with a bow", "bows down and straightens up again",
        "lowers the head and trunk in a bow",
    ),
    "bye": (
        "waves goodbye", "waves goodbye with the right hand", "says goodbye", "waves bye", "is waving goodbye",
        "gestures goodbye with the right hand", "says farewell with a wave", "raises the right hand to say goodbye",
        "waves to someone who is leaving", "gives a small wave of farewell",
    ),
    "byebye": (
        "waves goodbye with both hands", "waves bye-bye", "says bye-bye with both hands",
        "is waving both hands goodbye", "waves goodbye again and again", "gives a big goodbye wave",
        "waves both hands to say goodbye",
        "says goodbye, waving both hands", "waves farewell eagerly", "keeps waving goodbye with both hands",
    ),
    "guide": (
        "shows the way", "shows someone the way with the right hand", "guides someone with a gesture",
        "points the way with an open right hand", "is showing the way", "gestures this way please",
        "ushers someone in", "makes an inviting gesture with the right arm", "directs a guest with one hand",
        "holds out the right hand to show the direction",
    ),
    "call": (
        "calls out to someone", "calls out loudly", "shouts", "is calling out", "yells to someone far away",
        "shouts with a hand at the mouth", "leans forward and shouts", "calls someone from afar",
        "cries out with hands at the mouth", "bends forward and calls out",
    ),
    "respond": (
        "raises the left hand in response", "responds with a raised hand", "answers by raising the left hand",
        "puts the left hand up to answer", "responds to a call", "answers a call with a raised hand",
        "signals an answer with the left hand", "raises a hand to show they are here", "replies with the left hand up",
        "holds up a hand in reply",
    ),
    "punch": (
        "punches", "throws punches", "throws a punch", "is punching", "punches forward", "strikes with a fist",
        "hits the air with the fists", "boxes", "delivers punches", "jabs and strikes",
    ),
    "kick": (
        "kicks", "kicks forward", "throws a kick", "is kicking", "performs a kick", "kicks with one leg",
        "delivers a kick", "swings a leg to kick", "strikes with the foot", "kicks into the air",
    ),
    "slash": (
        "slashes with a sword", "swings a sword", "slashes", "is swinging a sword", "cuts with a sword",
        "strikes with a blade", "makes sword slashes", "fights with a sword", "swings a blade downwards",
        "attacks with a sword",
    ),
    "dance-short": (
        "dances", "is dancing", "performs a short dance", "dances on the spot", "dances briefly",
        "moves to music", "shows some dance moves", "dances to a beat", "does a little dance", "performs dance steps",
    ),
    "salsa": (
        "two people dance salsa", "two people salsa dance", "two people dance the salsa together",
        "a couple dances salsa", "two people are salsa dancing", "two dancers dance a salsa",
        "two people dance a lively salsa with each other", "a couple dances together",
        "two people hold hands and dance", "two people dance as a couple",
    ),
    "dance": (
        "dances", "is dancing", "performs a dance", "does a dance", "dances gracefully", "moves in a dance",
        "performs dance moves", "shows a dance", "dances with flowing movements", "performs a dance routine",
    ),
    "jump": (
        "jumps", "jumps up and down", "is jumping", "leaps", "hops", "makes a jump", "jumps in place",
        "hops up and down", "springs up from the floor", "does some jumps",
    ),
    "balance": (
        "balances on one leg", "stands on one leg", "keeps balance on one foot", "is balancing on one leg",
        "holds a balance on one leg", "stands on one foot with arms out", "balances with outstretched arms",
        "holds still on a single leg",
    ),
    "cartwheel": (
        "does a cartwheel", "turns a cartwheel", "is doing a cartwheel", "performs a cartwheel", "cartwheels",
        "makes a sideways handspring", "goes through a cartwheel", "turns cartwheels",
    ),
    "martial-arts": (
        "does martial arts", "performs karate moves", "practises martial arts", "is doing karate",
        "shows a martial arts form", "performs a kata", "does a karate routine", "fights an unseen opponent",
        "strikes and blocks like a karate fighter", "trains martial arts moves",
    ),
    "kick-ball": (
        "kicks a ball", "kicks a soccer ball", "shoots a football", "is kicking a ball", "runs up and kicks a ball",
        "plays soccer and kicks the ball", "takes a shot with the foot", "gives a ball a kick",
    ),
    "laugh": (
        "laughs", "is laughing", "laughs out loud", "shakes with laughter", "laughs hard", "bursts out laughing",
        "cannot stop laughing", "bends with laughter",
    ),
    "bend": (
        "bends over", "bends down and rises again", "bends over and scoops something up", "is bending over",
        "leans down and stands up", "bends down to the floor", "stoops and rises", "bends to pick something up",
    ),
}  # fmt: skip

# Adverb phrases of a style. "normal" goes without.
STYLES: dict[str, tuple[str, ...]] = {
    "normal": ("",),
    "active": ("energetically", "in an active way", "with lots of energy"),
    "happy": ("happily", "in a happy way", "cheerfully"),
    "sad": ("sadly", "in a sad way", "as if feeling down"),
    "angry": ("angrily", "in an angry way", "furiously"),
    "proud": ("proudly", "in a proud way", "with a lot of pride"),
    "not-confident": ("timidly", "without confidence", "in a hesitant way"),
    "masculine": ("in a masculine way", "in a manly manner", "like a strong man"),
    "feminine": ("in a feminine way", "in a womanly manner", "like a graceful woman"),
    "childish": ("childishly", "like a child", "in a playful childish way"),
    "elderly": ("like an old person", "in an elderly manner", "as if very old"),
    "tired": ("tiredly", "in a tired way", "with little energy"),
    "exhausted": ("wearily", "as if exhausted", "in an exhausted way"),
    "musical": ("rhythmically", "as if to music", "in a musical way"),
    "giant": ("like a giant", "with heavy giant steps", "in a huge and heavy way"),
    "chimpira": ("like a street thug", "in a swaggering way", "with a thug's swagger"),
    "youthful": ("youthfully", "like a young person", "in a fresh young way"),
}

# Words of a free description that decide its action, in order: the first that occurs does.
KEYWORDS: tuple[tuple[str, str], ...] = (
    ("salsa", "salsa"), ("cartwheel-like", "dance"), ("cartwheel", "cartwheel"), ("dance", "dance"),
    ("dancing", "dance"), ("indian", "dance"), ("martial", "martial-arts"), ("karate", "martial-arts"),
    ("soccer", "kick-ball"), ("sword", "slash"), ("punch", "punch"), ("box", "punch"), ("kick", "kick"),
    ("balance on", "balance"), ("hop", "jump"), ("jump", "jump"), ("leap", "jump"), ("laugh", "laugh"),
    ("wave", "wave"), ("waving", "wave"), ("bow", "bow"), ("bend", "bend"), ("hug", "hug"), ("embrac", "hug"),
    ("shake hands", "handshake"), ("handshake", "handshake"), ("fight", "fight"), ("push", "push"),
    ("throw", "throw"), ("catch", "catch"), ("sit", "sit"), ("kneel", "kneel"), ("crawl", "crawl"),
    ("climb", "climb"), ("danc", "dance"), ("run", "run"), ("jog", "run"), ("sprint", "dash"), ("walk", "walk"),
    ("stride", "walk"), ("step", "walk"), ("turn", "turn"), ("raise", "raise"), ("lift", "lift"), ("stand", "stand"),
)  # fmt: skip
