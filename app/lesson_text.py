"""What the five chapters of the lesson say: the method in the paper's terms, each with its formula and its files."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.mathml import formula, inline


@dataclass(frozen=True)
class Chapter:
    """One chapter; $...$ in its texts is a formula (`mathml`).

    title: on the button that opens it. text: three sentences. formula: lines. reading: what its letters mean. attempt:
    what to try in the exhibit. files: where the code is. needs_model: whether networks compute the exhibit.
    """

    name: str
    title: str
    text: str
    formula: tuple[str, ...]
    reading: str
    attempt: str
    files: tuple[str, ...]
    needs_model: bool = False


CHAPTERS = (
    Chapter(
        "fusion",
        "Interleaved sequences",
        """
        Nobody has recorded hours of two people who act alone, meet and part, so InterSyn makes such sequences: the
        fusion $U$ joins an interaction $(p_x, p_y)$ and solo clips $p_s$ into one sequence $u$, in which an
        interaction starts at frame $t_i$ and a solo at $t_s$.

        The pair is placed first, and its two people are never moved against each other; each solo is turned and
        shifted on the floor as a whole, so that place and heading meet at the seam.

        The gap that is left at a seam is added to the solo’s frames beside it and fades out within twelve frames: the
        interaction keeps its full weight from its first frame on.
        """,
        (
            "u = U(p_x, p_y, p_s, t_i, t_s)",
            "u(t_i - k) = p_s(t_i - k) + w(k/n) Δ",
            "Δ = p_x(t_i) - p_s(t_i)",
            "w(r) = 1 - r^3 (10 - 15 r + 6 r^2)",
        ),
        """$w$ falls from 1 at the seam to 0 after $n$ frames and comes to rest there; for rotations, plus and minus
        are turns. A second term of the same kind closes the gap in speed.""",
        "Leave the seams open and jump to one: now the clips follow each other as they are.",
        ("intersyn/data/fusion.py", "intersyn/data/casting.py"),
    ),
    Chapter(
        "frames",
        "First-person frames",
        """
        A network that is told where people are in the world would have to learn every meeting again for every place
        and direction.

        So in an interaction each person is written in a frame of their own: its origin is the midpoint between the
        two pelvises on the floor at the interaction’s first frame, and its +z points from me to my partner.

        Your frame is mine turned by 180°: the same network can write both of us, and I understand your features after
        turning them by $π$.
        """,
        (
            r"o = \frac{1}{2} (x_1 + x_2) , \quad ψ_2 = ψ_1 + π",
            r"\hat{x}_k = R(- ψ_k) (x_k - o) , \quad \hat{θ}_k = θ_k - ψ_k",
        ),
        """$x_k$ is person $k$’s place on the floor, $θ_k$ their heading and $ψ_k$ the direction of their +z; $R$
        turns about the vertical. The paper says “first person” and leaves the frame open; this definition is
        ours.""",
        """Switch the view. In the world the numbers depend on where the pair happens to stand; as each person sees
        it, “I” begin at −z and my partner at +z.""",
        ("intersyn/frames.py", "intersyn/features.py"),
    ),
    Chapter(
        "denoising",
        "Denoising",
        """
        The diffusion model $M_s$ has learnt to take noise out of motion: from noisy features $x_t$, the step $t$ and
        the texts $w$ it predicts the clean motion $x_0$.

        A generation begins with pure noise and goes down in a few steps (DDIM): predict the clean motion, work out
        which noise that leaves, and put back a little less of it.

        Guidance asks the model twice, with the texts and without, and goes further in the direction that the texts
        made: a scale $s$ of 1 changes nothing, the default of 2.5 follows the texts more closely, and much more
        exaggerates.
        """,
        (
            r"x_t = \sqrt{\bar{α}_t} x_0 + \sqrt{1 - \bar{α}_t} ε",
            r"\hat{x}_0 = M_s(x_t, t, ∅) + s ( M_s(x_t, t, w) - M_s(x_t, t, ∅) )",
        ),
        r"""$ε$ is Gaussian noise, $\bar{α}_t$ grows from 0 (only noise) to 1 (none) as $t$ falls, and $∅$ stands for no
        texts. Poses are guided below $t = 900$ only; where partners stand is guided at every step.""",
        """Draw the slider from noise to motion: the first predictions are a calm average, where people stand is
        decided early, and how limbs move comes late.""",
        ("intersyn/diffusion.py", "intersyn/models/cmdm.py", "intersyn/models/guidance.py"),
        needs_model=True,
    ),
    Chapter(
        "rec",
        "What REC moves",
        """
        The first stage, INS, denoises one stream for each person, and two streams that are plausible by themselves
        need not fit each other to the centimetre.

        The coordinator $M_c$ of the second stage, REC, reads both finished streams and corrects first one person
        against the other, then the other against the corrected one; it acts in interactions only, and fades in and
        out over ten frames.

        In training $L_rela$ keeps the result near what came in, so that what already fits is left alone, and $L_dm$
        asks for the true distances between the two people’s joints.
        """,
        (
            r"φ_x = M_c(u_x, u_y, w) , \quad φ_y = M_c(u_y, φ_x, w)",
            r"L_R = L_rela + 0.5 L_dm + … , \quad L_rela = |φ_y - u_y|",
        ),
        """$u$ is a stream before REC and $φ$ after it; both pictures have the same texts and began with the same
        noise. The dots stand for further terms of ours: penetration, sliding feet, touch.""",
        """Every arrow begins where a joint was and ends where REC has put it: make them longer, and see which joints
        are left alone.""",
        ("intersyn/models/coordinator.py", "intersyn/losses.py"),
        needs_model=True,
    ),
    Chapter(
        "smooth",
        "What L_smooth does",
        """
        At a seam the model has to get from one text to the next, and a small mistake there is seen as a jerk.

        $L_smooth$ compares the second differences of all joints, their acceleration, within five frames of each seam
        with those of the true motion; asking for zero instead would freeze people there.

        Here stand two networks side by side that were one for 60% of the training and then saw the same data and the
        same noise, one of them without this term.
        """,
        (
            "Δ^2 j(τ) = j(τ + 1) - 2 j(τ) + j(τ - 1)",
            r"L_smooth = \frac{1}{σ^2} mean_{|τ - t| ≤ 5} {|Δ^2 \hat{j}(τ) - Δ^2 j(τ)|}^2",
            "L_I = L_rec + 0.1 L_smooth",
        ),
        """$j$ are the true joints in metres and $\\hat{j}$ the predicted ones, $t$ is the first frame after the seam,
        and $σ$ is how large true second differences are.""",
        """Choose a seam and watch both at a quarter of the speed. The dashed line is what the seams of training
        sequences look like: the aim is that line, not the lowest one.""",
        ("intersyn/losses.py", "training/train_ins.py"),
        needs_model=True,
    ),
)
NAMES = tuple(chapter.name for chapter in CHAPTERS)


def chapter_html(number: int, chapter: Chapter) -> str:
    """The chapter as a section that is hidden until it is opened."""
    paragraphs = "".join(f"<p>{_set(paragraph)}</p>" for paragraph in chapter.text.strip().split("\n\n"))
    files = ", ".join(f"<code>{file}</code>" for file in chapter.files)
    return f"""
<section class="is-chapter" data-chapter="{chapter.name}" aria-labelledby="lesson-title-{number}" hidden>
  <h2 id="lesson-title-{number}" tabindex="-1">{number}. {title_html(chapter)}</h2>
  {paragraphs}
  <figure class="is-formula" tabindex="0" role="group" aria-label="Formula">{formula(*chapter.formula)}</figure>
  <p class="is-aside">{_set(chapter.reading)}</p>
  <p class="is-try"><b>Try it.</b> {_set(chapter.attempt)}</p>
  <p class="is-aside is-files">In the code: {files}</p>
</section>"""


def title_html(chapter: Chapter) -> str:
    """The title, in which L_smooth is a formula."""
    return chapter.title.replace("L_smooth", inline("L_smooth"))


def _set(text: str) -> str:
    """A text with its formulas set, on one line; what follows a formula without a space stays with it."""

    def whole(match: re.Match) -> str:
        return f'<span class="is-whole">{inline(match[1])}{match[2]}</span>'

    return re.sub(r"\$([^$]+)\$(\S*)", whole, " ".join(text.split()))
