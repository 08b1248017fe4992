// Everyone's body: the motion's, with what the page's sliders say in place of its first betas.

import { shapeOf } from "./shape.js";

/** Dress the people of all panels and return their shapes. Who has the betas of a shape in `known` wears that one. */
export function clothe(panels, body, sliders, known) {
  const wardrobe = [...known];
  return panels.flatMap((panel) => {
    const { betas } = panel.motion.arrays;
    const { people } = panel.poser;
    const size = betas.length / people;
    const worn = Array.from({ length: people }, (_, person) => {
      const own = [...betas.subarray(person * size, (person + 1) * size)];
      own.splice(0, sliders[person]?.length ?? 0, ...(sliders[person] ?? []));
      let shape = wardrobe.find(({ betas: have }) => have.every((beta, k) => beta === own[k]));
      if (!shape) wardrobe.push((shape = { betas: own, ...shapeOf(body, own) }));
      return shape;
    });
    panel.dress(worn);
    return worn;
  });
}
