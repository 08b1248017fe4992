// The gallery: cards in a strip. One of them can be reached with the tab key; the arrows go from one to the next.

const KEYS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export function mount(element, { props, watch, trigger }) {
  const strip = element.querySelector(".is-gallery");
  const cards = [...strip.children];
  // Posters lie beside this module, wherever the page is mounted.
  for (const image of strip.querySelectorAll("img")) image.src = new URL(`./${image.dataset.poster}`, import.meta.url);

  function reach(index) {
    cards.forEach((card, i) => (card.tabIndex = i === index ? 0 : -1));
  }

  function draw() {
    const chosen = props.value?.chosen ?? null;
    cards.forEach((card, i) => card.setAttribute("aria-pressed", i === chosen));
    if (chosen !== null && !strip.contains(document.activeElement)) reach(chosen);
  }

  cards.forEach((card, index) => {
    card.addEventListener("click", () => {
      props.value = { chosen: index };
      reach(index);
      draw(); // `watch` hears of the page's changes only
      trigger("select", props.value);
    });
  });
  strip.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = Math.max(0, Math.min(cards.length - 1, cards.indexOf(event.target) + KEYS[event.key]));
    reach(next);
    cards[next].focus(); // and the strip scrolls there
    event.preventDefault();
  });
  watch("value", draw);
  draw();
}
