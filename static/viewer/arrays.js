// Reads the container that intersyn/body/browser.py writes.

const TYPES = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, f4: Float32Array };

/** The header's facts with `arrays`: name -> typed array (views of the buffer), and `shapes`: name -> list. */
export function unpack(buffer) {
  const bytes = new Uint8Array(buffer);
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== "ISA1") throw new Error("this is not a viewer file");
  const length = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const arrays = {};
  const shapes = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    arrays[name] = new TYPES[dtype](buffer, 8 + length + offset, shape.reduce((a, b) => a * b, 1));
    shapes[name] = shape;
  }
  return { ...header, arrays, shapes };
}

export async function fetchArrays(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${url.split("/").pop()}`);
  return unpack(await inflated(await response.arrayBuffer()));
}

/** Bodies come in gzip; whoever is in between may have unpacked them already. */
async function inflated(buffer) {
  const [first, second] = new Uint8Array(buffer, 0, 2);
  if (first !== 0x1f || second !== 0x8b) return buffer;
  return new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
