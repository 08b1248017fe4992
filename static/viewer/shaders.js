// GLSL ES 3.0 for the WebGL2 renderer. Colours are computed in linear light.

const SKINNING = `
layout(location=0) in vec3 position;
layout(location=1) in vec3 normal;
layout(location=2) in uvec4 joints;
layout(location=3) in vec4 weights;
uniform vec4 bones[66];
mat3x4 blended() {
  mat3x4 m = mat3x4(0.0);
  for (int k = 0; k < 4; k++) {
    int row = int(joints[k]) * 3;
    m += weights[k] * mat3x4(bones[row], bones[row + 1], bones[row + 2]);
  }
  return m;
}`;

const SHADOW = `
uniform highp sampler2DShadow shadowMap;
uniform mat4 shadowMatrix;
float lit(vec3 world, float bias) {
  vec4 p = shadowMatrix * vec4(world, 1.0);
  vec3 s = p.xyz * 0.5 + 0.5;
  if (any(lessThan(s.xy, vec2(0.01))) || any(greaterThan(s.xy, vec2(0.99)))) return 1.0;
  // Five taps, each smoothed over four texels by the hardware.
  const float r = 1.7 / 1024.0;
  float sum = texture(shadowMap, vec3(s.xy, s.z - bias));
  sum += texture(shadowMap, vec3(s.xy + vec2(r, 0.4 * r), s.z - bias));
  sum += texture(shadowMap, vec3(s.xy + vec2(-0.4 * r, r), s.z - bias));
  sum += texture(shadowMap, vec3(s.xy - vec2(r, 0.4 * r), s.z - bias));
  sum += texture(shadowMap, vec3(s.xy + vec2(0.4 * r, -r), s.z - bias));
  return sum / 5.0;
}`;

export const BODY_VERTEX = `#version 300 es
${SKINNING}
uniform mat4 viewProjection;
out vec3 world, direction;
void main() {
  mat3x4 m = blended();
  world = vec4(position, 1.0) * m;
  direction = vec4(normal, 0.0) * m;
  gl_Position = viewProjection * vec4(world, 1.0);
}`;

export const BODY_FRAGMENT = `#version 300 es
precision highp float;
in vec3 world, direction;
uniform vec3 eye, light, colour, sky, bounce;
out vec4 result;
${SHADOW}
void main() {
  vec3 n = normalize(direction);
  vec3 v = normalize(eye - world);
  float facing = dot(n, light);
  float wrapped = clamp((facing + 0.25) / 1.25, 0.0, 1.0);
  float shade = mix(0.35, 1.0, lit(world, 0.004)) * wrapped;
  vec3 ambient = mix(bounce, sky, n.y * 0.5 + 0.5) * mix(0.7, 1.0, smoothstep(0.0, 0.7, world.y));
  float rim = pow(1.0 - clamp(dot(n, v), 0.0, 1.0), 3.0);
  float gloss = pow(clamp(dot(n, normalize(light + v)), 0.0, 1.0), 32.0) * step(0.0, facing);
  vec3 c = colour * (ambient + 0.95 * shade) + rim * 0.22 * sky + gloss * 0.07 * shade;
  result = vec4(pow(clamp(c, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}`;

export const SHADOW_VERTEX = `#version 300 es
${SKINNING}
uniform mat4 viewProjection;
void main() {
  gl_Position = viewProjection * vec4(vec4(position, 1.0) * blended(), 1.0);
}`;

export const SHADOW_FRAGMENT = `#version 300 es
precision mediump float;
void main() {}`;

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

export const PATH_VERTEX = `#version 300 es
layout(location=0) in vec3 point; // x, z, frame
uniform mat4 viewProjection;
out float frame;
void main() {
  frame = point.z;
  gl_Position = viewProjection * vec4(point.x, 0.002, point.y, 1.0);
}`;

export const PATH_FRAGMENT = `#version 300 es
precision highp float;
in float frame;
uniform vec3 colour;
uniform float now;
out vec4 result;
void main() {
  float alpha = frame <= now ? mix(0.16, 0.55, exp((frame - now) / 30.0)) : 0.16;
  result = vec4(colour, 1.0) * alpha;
}`;

// The floor is light where it is near and vanishes into the page's own background further out.
export const GROUND_FRAGMENT = `#version 300 es
precision highp float;
in vec3 world;
uniform vec2 centre;
uniform float reach, shaded;
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
  vec3 c = mix(floorColour, lineColour, grid(world.xz, 1.0) * 0.75);
  float dark = 0.0, contact = 0.0;
  if (length(world.xz - centre) < shaded) {
    dark = (1.0 - lit(world, 0.002)) * 0.62;
    for (int i = 0; i < spotCount; i++) {
      vec2 d = world.xz - spots[i].xy;
      contact = max(contact, spots[i].z * exp(-dot(d, d) / 0.016));
    }
  }
  dark = max(dark, contact * 0.55) + min(dark, contact * 0.55) * 0.35;
  result = vec4(mix(c, shadowColour, clamp(dark, 0.0, 1.0)), 1.0) * presence;
}`;
