// The picture in words, for who does not see it.

const seconds = (frame, fps) => Number((frame / fps).toFixed(1));

/** One paragraph: which panels there are, who is seen, and what they do when. */
export function describe({ panels, people, segments }, fps) {
  const frames = segments.at(-1).end;
  const count = ["", "One person", "Two people", "Three people", "Four people"][people.length];
  const sentences = [`3D view. ${count} on a floor, ${seconds(frames, fps)} seconds.`];
  if (panels.length > 1) {
    const names = panels.map(({ label }, i) => label || `number ${i + 1}`);
    sentences.push(`${panels.length} panels at the same moment: ${names.join(", ")}.`);
  } else if (panels[0].label) sentences.push(`${panels[0].label}.`);
  for (const { note } of panels) if (note) sentences.push(note);
  segments.forEach(({ start, end, kind, texts }) => {
    const when = `From ${seconds(start, fps)} to ${seconds(end, fps)} seconds`;
    if (!texts.length) return;
    const parts = texts.map((part) => `${part.people.map((person) => people[person]).join(" and ")}: ${part.text}`);
    sentences.push(`${when} ${kind === "together" ? "together" : "each alone"}. ${parts.map(stopped).join(" ")}`);
  });
  return sentences.join(" ");
}

const stopped = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);
