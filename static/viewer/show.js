// What the picture shows: one menu, whose state outlives the motions.

const SWITCHES = ["names", "metres", "ways", "trails", "contact", "ghosts", "axes", "difference"];

/** The choices as they stand, kept in step with the menu's inputs; `changed()` after each. */
export class Show {
  constructor(menu, changed) {
    this.menu = menu;
    this.figure = "mesh";
    for (const input of menu.querySelectorAll("input")) {
      if (input.type === "radio") {
        input.name += menu.dataset.viewer; // radios of two viewers are no group
        if (input.checked) this.figure = input.value;
      } else this[input.value] = input.checked;
      input.addEventListener("change", () => {
        if (input.type === "radio") this.figure = input.value;
        else this[input.value] = input.checked;
        changed();
      });
    }
  }

  /** Choose from a program, as a click would. */
  set(name, value) {
    const [selector, on] = SWITCHES.includes(name) ? [`input[value="${name}"]`, value] : [`input[value="${value}"]`, true];
    const input = this.menu.querySelector(selector);
    input.checked = on;
    input.dispatchEvent(new Event("change"));
  }

  /** A difference needs two motions. The choice itself stays for the next ones. */
  offer(panels) {
    this.menu.querySelector('input[value="difference"]').disabled = panels < 2;
  }
}
