"""The table of paired solos: which actions go together, how the two stand, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

WAVES = ("wave-left-hand", "wave-right-hand", "wave-both-hands", "bye", "byebye")
RAISES = ("raise-up-left-hand", "raise-up-right-hand", "raise-up-both-hands")
FAREWELLS = ("bye", "byebye")
WALK, BACK = ("walk",), ("walk-back",)
TURNED = pi


@dataclass(frozen=True)
class Pairing:
    """Two actions side by side in time.

    first, second: actions of the first and the second person, drawn evenly.
    distance: metres between the pelvises at the reference frame, drawn evenly from the range.
    bearings: how far each is turned away from the partner there, radians (0: towards the partner).
    reference: the frame at which the placement holds: "key" (the two gestures' peaks, together), "start", "end".
    lag: seconds the second person's peak comes after the first's. apart: metres the pelvises may be apart at most.
    aims: what points at the partner at the reference frame, of each person: "pelvis", or the "hand" or "foot" that is
        stretched out farthest (a kick is sideways to the pelvis). turn: radians off that either may turn meanwhile.
    mirrored: whether each clip may be reflected by itself; not where the text names a side.
    texts, test_texts: about both people; the roles are "the first person" and "the second person".
    """

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    texts: tuple[str, ...]
    test_texts: tuple[str, ...]
    distance: tuple[float, float]
    bearings: tuple[float, float] = (0.0, 0.0)
    reference: str = "key"
    lag: float = 0.0
    apart: float = 4.0
    aims: tuple[str, str] = ("pelvis", "pelvis")
    turn: float = 2 * pi
    mirrored: bool = True
    weight: float = 1.0


PAIRINGS: tuple[Pairing, ...] = (
    Pairing(
        "wave", WAVES[:3], WAVES[:3],
        (
            "two people wave to each other", "two people wave at each other", "two people greet each other by waving",
            "both people wave a hand in greeting", "two persons face each other and wave",
            "the two people wave hello to one another", "two friends wave at one another",
        ),
        ("two people exchange waves", "a pair of people wave hello to each other"),
        (1.1, 2.4), weight=1.5,
    ),
    Pairing(
        "goodbye", FAREWELLS, FAREWELLS,
        (
            "two people say goodbye to each other", "two people wave goodbye to each other",
            "two people bid each other farewell", "both people wave goodbye", "two friends say goodbye with a wave",
            "the two people part with a wave of the hand",
        ),
        ("two people wave farewell to one another", "two persons say bye-bye to each other"),
        (1.1, 2.2),
    ),
    Pairing(
        "bow", ("bow",), ("bow",),
        (
            "two people bow to each other", "both people bow", "two people greet each other with a bow",
            "two persons bow politely to one another", "two people face each other and bow",
            "the two people bow at the same time",
        ),
        ("two people exchange bows", "the two persons take a bow towards each other"),
        (1.3, 2.2), weight=1.2,
    ),
    Pairing(
        "raise", RAISES, RAISES,
        (
            "two people raise their hands at each other", "two people raise a hand towards each other",
            "both people raise their hands", "two people lift their arms at the same time",
            "two people put their hands up facing each other", "the two people raise their arms together",
        ),
        ("two persons hold their hands up to each other", "both people lift their hands at each other"),
        (0.9, 2.0),
    ),
    Pairing(
        "raise-both", ("raise-up-both-hands",), ("raise-up-both-hands",),
        (
            "two people raise both hands at each other", "two people cheer together with both hands up",
            "both people raise both arms", "two people lift both hands facing each other",
            "two people put both hands up at the same time", "two people cheer at each other with raised arms",
        ),
        ("two persons celebrate with both arms up", "both people hold up both hands to each other"),
        (0.9, 1.8),
    ),
    Pairing(
        "wave-right", ("wave-right-hand",), ("wave-right-hand",),
        (
            "two people wave to each other with the right hand", "both people wave their right hands",
            "two people greet each other, waving the right hand", "two people wave the right hand at one another",
            "each of the two people waves with the right hand", "two people face each other and wave the right hand",
        ),
        ("two persons wave their right hand to each other", "both people wave with the right arm"),
        (1.1, 2.2), mirrored=False,
    ),
    Pairing(
        "raise-right", ("raise-up-right-hand",), ("raise-up-right-hand",),
        (
            "two people raise the right hand at each other", "both people raise their right hands",
            "two people lift the right arm facing each other", "each of the two people puts the right hand up",
            "two people hold up the right hand to each other", "two people greet each other with the right hand raised",
        ),
        ("two persons raise their right arm at one another", "both people lift the right hand"),
        (0.9, 2.0), mirrored=False,
    ),
    Pairing(
        "bow-wave", ("bow",), WAVES[:3],
        (
            "the first person bows and the second person waves", "the first person bows, the second person waves back",
            "the first person takes a bow while the second person waves a hand",
            "the second person waves and the first person answers with a bow",
            "the first person greets with a bow and the second person with a wave",
            "the first person bows to the second person, who waves",
        ),
        ("the second person waves at the first person, who bows", "the first person bows as the second person waves"),
        (1.2, 2.2),
    ),
    Pairing(
        "bow-raise", ("bow",), RAISES,
        (
            "the first person bows and the second person raises a hand",
            "the first person bows, the second person lifts an arm in reply",
            "the first person takes a bow while the second person holds up a hand",
            "the second person raises a hand to the first person, who bows",
            "the first person bows to the second person, who puts a hand up",
            "the first person bows as the second person raises an arm",
        ),
        (
            "the second person holds a hand up and the first person bows",
            "one bow from the first person meets the raised hand of the second person",
        ),
        (1.2, 2.0),
    ),
    Pairing(
        "punch-back", ("punch",), BACK,
        (
            "the first person punches and the second person steps back",
            "the first person throws punches, the second person backs away",
            "the second person retreats from the first person's punches",
            "the first person punches at the second person, who walks backward",
            "the first person attacks with the fists and the second person backs off",
            "the second person steps back while the first person punches",
        ),
        (
            "the first person strikes with the fists and the second person moves backward",
            "the second person evades the punches of the first person",
        ),
        (0.9, 1.3), lag=0.2, weight=1.2, aims=("hand", "pelvis"),
    ),
    Pairing(
        "kick-back", ("kick",), BACK,
        (
            "the first person kicks and the second person steps back",
            "the first person throws a kick, the second person backs away",
            "the second person retreats from the first person's kick",
            "the first person kicks at the second person, who walks backward",
            "the first person attacks with a kick and the second person backs off",
            "the second person steps back while the first person kicks",
        ),
        (
            "the first person strikes with the foot and the second person moves backward",
            "the second person evades the kick of the first person",
        ),
        (1.0, 1.5), lag=0.2, aims=("foot", "pelvis"),
    ),
    Pairing(
        "slash-back", ("slash",), BACK,
        (
            "the first person swings a sword and the second person steps back",
            "the first person slashes, the second person backs away",
            "the second person retreats from the first person's sword",
            "the first person slashes at the second person, who walks backward",
            "the first person attacks with a sword and the second person backs off",
            "the second person steps back while the first person swings a blade",
        ),
        (
            "the first person strikes with a blade and the second person moves backward",
            "the second person evades the sword of the first person",
        ),
        (1.2, 1.8), lag=0.2,
    ),
    Pairing(
        "call-approach", ("call",), WALK,
        (
            "the first person calls the second person over, who walks up",
            "the first person beckons and the second person walks towards them",
            "the first person waves the second person closer and the second person comes",
            "the second person walks towards the first person, who calls",
            "the second person comes over because the first person beckons",
            "the first person gestures to come here and the second person approaches",
        ),
        (
            "the first person calls and the second person walks over",
            "the second person approaches the beckoning first person",
        ),
        (1.0, 2.0), reference="end", apart=6.0, weight=1.2,
    ),
    Pairing(
        "greet-approach", WAVES[:3], WALK,
        (
            "the first person waves and the second person walks towards them",
            "the first person waves at the second person, who walks up",
            "the second person walks towards the first person, who waves",
            "the second person comes closer while the first person waves",
            "the first person greets the approaching second person with a wave",
            "the second person approaches the waving first person",
        ),
        (
            "the first person waves as the second person walks over",
            "the second person walks up to the first person, who is waving",
        ),
        (1.0, 2.0), reference="end", apart=6.0,
    ),
    Pairing(
        "see-off", FAREWELLS, WALK,
        (
            "the first person waves goodbye and the second person walks away",
            "the second person walks away while the first person waves goodbye",
            "the first person says goodbye to the second person, who leaves",
            "the second person leaves and the first person waves after them",
            "the first person waves farewell as the second person goes away",
            "the second person walks off, the first person waves goodbye",
        ),
        (
            "the first person sees the second person off with a wave",
            "the second person departs and the first person waves bye-bye",
        ),
        (0.8, 1.5), bearings=(0.0, TURNED), reference="start", apart=6.0,
    ),
    Pairing(
        "towards", WALK, WALK,
        (
            "two people walk towards each other", "two people approach each other",
            "the two people walk up to each other",
            "two people come together, walking", "both people walk towards one another",
            "two people walk forward until they meet",
        ),
        ("two persons walk to meet each other", "the two people come closer to each other on foot"),
        (0.8, 1.5), reference="end", apart=8.0, weight=1.5,
    ),
    Pairing(
        "away", WALK, WALK,
        (
            "two people walk away from each other", "two people part and walk off", "the two people walk apart",
            "two people leave in opposite directions", "both people walk away from one another",
            "two people turn their backs to each other and walk away",
        ),
        ("two persons walk off in opposite directions", "the two people go their separate ways"),
        (0.6, 1.2), bearings=(TURNED, TURNED), reference="start", apart=8.0, weight=1.2,
    ),
    Pairing(
        "side-by-side", WALK, WALK,
        (
            "two people walk side by side", "two people walk next to each other", "the two people walk together",
            "two people go for a walk together", "both people walk in the same direction side by side",
            "two people stroll beside each other",
        ),
        ("two persons walk along beside one another", "a pair of people walk abreast"),
        (0.65, 1.1), bearings=(pi / 2, -pi / 2), reference="start", apart=2.2, weight=1.5,
    ),
    Pairing(
        "run-together", ("run",), ("run",),
        (
            "two people run side by side", "two people jog next to each other", "the two people run together",
            "two people go for a run together", "both people jog in the same direction",
            "two people run beside each other",
        ),
        ("two persons jog along beside one another", "a pair of people run abreast"),
        (0.75, 1.3), bearings=(pi / 2, -pi / 2), reference="start", apart=2.8,
    ),
    Pairing(
        "follow", WALK, WALK,
        (
            "the first person follows the second person", "the first person walks behind the second person",
            "the second person walks ahead and the first person follows",
            "the second person leads and the first person walks after them",
            "the first person goes after the second person", "the second person is followed by the first person",
        ),
        (
            "the first person walks in the steps of the second person",
            "the second person walks in front of the first person",
        ),
        (1.0, 1.8), bearings=(0.0, TURNED), reference="start", apart=3.0,
    ),
    Pairing(
        "chase", ("run", "dash"), ("run", "dash"),
        (
            "the first person chases the second person", "the first person runs after the second person",
            "the second person runs away and the first person chases them",
            "the second person flees from the first person, who runs after them",
            "the first person pursues the second person, running", "the second person is chased by the first person",
        ),
        (
            "the first person hunts the running second person",
            "the second person escapes from the first person at a run",
        ),
        (1.3, 2.3), bearings=(0.0, TURNED), reference="start", apart=4.0,
    ),
    Pairing(
        "press-back", WALK, BACK,
        (
            "the first person walks forward and the second person backs away",
            "the first person advances and the second person retreats",
            "the second person walks backward before the first person",
            "the first person walks at the second person, who steps back",
            "the second person backs off as the first person comes closer",
            "the first person drives the second person back",
        ),
        (
            "the second person retreats from the advancing first person",
            "the first person steps up and the second person gives way",
        ),
        (1.0, 1.8), reference="start", apart=3.0,
    ),
    Pairing(
        "part-backward", BACK, BACK,
        (
            "two people back away from each other", "both people step back from one another",
            "two people walk backward, away from each other", "the two people retreat from each other",
            "two people move apart, walking backwards", "both people back off",
        ),
        ("two persons withdraw from each other step by step", "the two people walk backwards and apart"),
        (0.7, 1.3), reference="start", apart=5.0,
    ),
    Pairing(
        "guide-bow", ("guide",), ("bow",),
        (
            "the first person shows the way and the second person bows",
            "the first person points the way, the second person thanks with a bow",
            "the second person bows while the first person shows the way",
            "the first person guides the second person, who bows",
            "the first person gestures this way please and the second person bows",
            "the second person bows to the first person, who shows the way",
        ),
        (
            "the first person ushers and the second person takes a bow",
            "the second person answers the guiding hand of the first person with a bow",
        ),
        (1.0, 1.9), lag=0.5,
    ),
    Pairing(
        "guide-walk", ("guide",), WALK,
        (
            "the first person shows the way and the second person walks past",
            "the first person points the way and the second person walks off",
            "the second person walks on while the first person shows the way",
            "the first person guides the second person, who walks along",
            "the first person gestures this way please and the second person walks",
            "the second person walks by the first person, who shows the way",
        ),
        (
            "the first person ushers the second person through",
            "the second person follows the guiding hand of the first person",
        ),
        (0.8, 1.4), bearings=(0.0, pi / 2), reference="start", apart=6.0, mirrored=False,
    ),
    Pairing(
        "respond", ("call", "guide", "raise-up-right-hand"), ("respond",),
        (
            "the first person gestures and the second person nods in response",
            "the first person addresses the second person, who responds",
            "the second person responds to the first person's gesture",
            "the first person signals and the second person answers",
            "the second person nods to the first person, who gestures",
            "the first person makes a sign and the second person replies",
        ),
        (
            "the second person acknowledges the sign of the first person",
            "the first person beckons and the second person nods",
        ),
        (1.0, 1.9), lag=0.4,
    ),
    Pairing(
        "swords", ("slash",), ("slash",),
        (
            "two people fight with swords", "two people have a sword fight", "two people swing swords at each other",
            "both people slash with swords", "two people cross swords", "two fighters attack each other with swords",
        ),
        ("two persons duel with blades", "a pair of fighters strike with swords at one another"),
        (1.4, 2.0), turn=1.3,
    ),
    Pairing(
        "box", ("punch",), ("punch",),
        (
            "two people box each other", "two people have a fist fight", "two people throw punches at each other",
            "both people punch", "two boxers spar", "two fighters attack each other with their fists",
        ),
        ("two persons trade punches", "a pair of people spar with their fists"),
        (0.95, 1.5), aims=("hand", "hand"), turn=1.3,
    ),
    Pairing(
        "kick-fight", ("kick",), ("punch",),
        (
            "two people fight", "two people fight each other", "two people have a fight with kicks",
            "both people attack each other", "two fighters strike at each other", "two people do a martial arts fight",
        ),
        ("two persons battle each other", "a pair of fighters exchange blows"),
        (1.2, 1.7), aims=("foot", "pelvis"), turn=1.6,
    ),
    Pairing(
        "dance", ("dance-short", "dance"), ("dance-short", "dance"),
        (
            "two people dance facing each other", "two people dance in front of each other",
            "both people dance, each by themselves", "two people do a dance towards one another",
            "two dancers face each other and move to the music", "two people dance apart, face to face",
        ),
        ("two persons dance opposite one another", "a pair of dancers show each other their moves"),
        (1.4, 2.4), weight=1.2, turn=1.3,
    ),
    Pairing(
        "martial-arts", ("martial-arts",), ("martial-arts", "kick", "punch"),
        (
            "two people practise martial arts together", "two people do karate facing each other",
            "both people perform martial arts moves", "two people train karate together",
            "two people show martial arts to each other", "two karate fighters face each other",
        ),
        ("two persons spar in karate", "a pair of people train martial arts with one another"),
        (1.5, 2.4), turn=1.3,
    ),
)  # fmt: skip
