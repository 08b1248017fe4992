// GLSL ES 3.0 for the floor and what lies flat on it.

import { SHADOW } from "./shaders.js";

export const GROUND_VERTEX = `#version 300 es
layout(location=0) in vec2 corner;
uniform mat4 viewProjection;
uniform vec2 centre;
uniform float reach;
out vec3 world;
void main() {
  world = vec3(centre.x + corner.x * reach, 0.0, centre.y + corner.y * reach);
  gl_Position = viewProjection * vec4(world, 1.0);
}`;

// Light where it is near; further out it vanishes into the page's own background. Lines every metre and, near by,
// every quarter; the two that go through `origin` are stronger.
export const GROUND_FRAGMENT = `#version 300 es
precision highp float;
in vec3 world;
uniform vec2 centre, origin;
uniform float reach, near;
uniform vec3 floorColour, lineColour, shadowColour;
uniform vec3 spots[32];
uniform int spotCount;
out vec4 result;
${SHADOW}
float grid(vec2 at, float size) {
  vec2 cell = at / size;
  vec2 distance_ = abs(fract(cell - 0.5) - 0.5) / fwidth(cell);
  float line = 1.0 - min(min(distance_.x, distance_.y), 1.0);
  return line * clamp(0.35 / max(fwidth(cell.x), fwidth(cell.y)), 0.0, 1.0);
}
void main() {
  float away = length(world.xz - centre) / reach;
  float presence = 1.0 - smoothstep(0.25, 1.0, away);
  vec2 at = world.xz - origin;
  vec2 axis = abs(at) / (fwidth(at) * 1.1);
  float lines = max(grid(at, 1.0) * 0.85, grid(at, 0.25) * 0.22);
  lines = max(lines, (1.0 - min(min(axis.x, axis.y), 1.0)) * 1.25);
  vec3 c = mix(floorColour, lineColour, lines);
  float dark = 0.0, contact = 0.0;
  if (length(world.xz - centre) < near) {
    dark = (1.0 - lit(world, 0.002, 3.6)) * 0.6;
    for (int i = 0; i < spotCount; i++) {
      vec2 d = world.xz - spots[i].xy;
      contact = max(contact, spots[i].z * exp(-dot(d, d) / 0.016));
    }
  }
  dark = max(dark, contact * 0.55) + min(dark, contact * 0.55) * 0.35;
  result = vec4(mix(c, shadowColour, clamp(dark, 0.0, 1.0)), 1.0) * presence;
}`;

export const TRAIL_VERTEX = `#version 300 es
layout(location=0) in vec3 point; // x, z, frame
layout(location=1) in vec2 facts; // strength, person
uniform mat4 viewProjection;
uniform vec3 colours[4];
out float frame, strength;
out vec3 colour;
void main() {
  frame = point.z;
  strength = facts.x;
  colour = colours[int(facts.y)];
  gl_Position = viewProjection * vec4(point.x, 0.002, point.y, 1.0);
}`;

export const TRAIL_FRAGMENT = `#version 300 es
precision highp float;
in float frame, strength;
in vec3 colour;
uniform float now, ahead, after;
out vec4 result;
void main() {
  float alpha = frame <= now ? mix(0.16, 0.55, exp((frame - now) / after)) : ahead;
  result = vec4(colour, 1.0) * min(alpha * strength, 1.0);
}`;

export const FLAT_VERTEX = `#version 300 es
layout(location=0) in vec2 point;
layout(location=1) in vec2 span; // first and last frame
layout(location=2) in vec2 facts; // person, strength
uniform mat4 viewProjection;
uniform vec3 colours[4];
uniform float now;
out vec4 paint;
void main() {
  float alpha = facts.y * (now >= span.x && now < span.y ? 0.95 : 0.25);
  paint = vec4(colours[int(facts.x)], 1.0) * alpha;
  gl_Position = viewProjection * vec4(point.x, 0.003, point.y, 1.0);
}`;

export const FLAT_FRAGMENT = `#version 300 es
precision highp float;
in vec4 paint;
out vec4 result;
void main() {
  result = paint;
}`;

// Letters lie on the floor, upright for whoever looks along `away`.
export const GLYPH_VERTEX = `#version 300 es
layout(location=0) in vec2 centre;
layout(location=1) in vec2 corner;
layout(location=2) in vec2 facts; // which, person
uniform mat4 viewProjection;
uniform vec2 right, size, middle;
uniform vec3 colours[4], plain;
uniform float count, reach;
out vec2 at;
out vec4 paint;
void main() {
  vec2 away = vec2(right.y, -right.x);
  vec2 room = size * (facts.y < 0.0 ? 1.0 : 1.7); // letters of axes are larger than numbers
  vec2 place = centre + right * (corner.x - 0.5) * room.x + away * (corner.y - 0.5) * room.y;
  if (facts.y < 0.0) place += right * size.x * 0.3 - away * size.y * 0.42; // numbers stand beside their lines' crossing
  at = vec2((corner.x + facts.x) / count, 1.0 - corner.y);
  float presence = 1.0 - smoothstep(0.25, 0.8, length(centre - middle) / reach);
  paint = vec4(facts.y < 0.0 ? plain : colours[int(facts.y)], facts.y < 0.0 ? presence : 1.0);
  gl_Position = viewProjection * vec4(place.x, 0.003, place.y, 1.0);
}`;

export const GLYPH_FRAGMENT = `#version 300 es
precision highp float;
in vec2 at;
in vec4 paint;
uniform sampler2D glyphs;
out vec4 result;
void main() {
  result = vec4(paint.rgb, 1.0) * (texture(glyphs, at).a * paint.a);
}`;
