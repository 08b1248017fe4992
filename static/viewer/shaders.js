// GLSL ES 3.0 for people and their shadows. Colours are computed in linear light.

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

// All panels' shadow maps are tiles of one texture; `tile` is this panel's scale and offset in it.
export const SHADOW = `
uniform highp sampler2DShadow shadowMap;
uniform mat4 shadowMatrix;
uniform vec4 tile;
uniform vec2 texel;
const vec2 taps[12] = vec2[](
  vec2(-0.33, -0.41), vec2(0.70, -0.46), vec2(-0.20, 0.62), vec2(0.96, -0.19), vec2(-0.81, -0.06), vec2(0.19, -0.89),
  vec2(0.44, 0.77), vec2(-0.70, -0.67), vec2(-0.84, 0.43), vec2(0.51, 0.19), vec2(0.06, 0.15), vec2(-0.06, -0.10));
float lit(vec3 world, float bias, float radius) {
  vec4 p = shadowMatrix * vec4(world, 1.0);
  vec3 s = p.xyz * 0.5 + 0.5;
  if (any(lessThan(s.xy, vec2(0.01))) || any(greaterThan(s.xy, vec2(0.99)))) return 1.0;
  vec2 at = s.xy * tile.xy + tile.zw;
  float sum = 0.0;
  for (int i = 0; i < 12; i++) sum += texture(shadowMap, vec3(at + taps[i] * texel * radius, s.z - bias));
  return sum / 12.0;
}`;

export const LIGHTING = `
uniform vec3 eye, light, sky, bounce;
vec3 shaded(vec3 colour, vec3 world, vec3 normal, float radius) {
  vec3 v = normalize(eye - world);
  float facing = dot(normal, light);
  float wrapped = clamp((facing + 0.25) / 1.25, 0.0, 1.0);
  float shade = mix(0.35, 1.0, lit(world, 0.004, radius)) * wrapped;
  vec3 ambient = mix(bounce, sky, normal.y * 0.5 + 0.5) * mix(0.7, 1.0, smoothstep(0.0, 0.7, world.y));
  float rim = pow(1.0 - clamp(dot(normal, v), 0.0, 1.0), 3.0);
  float gloss = pow(clamp(dot(normal, normalize(light + v)), 0.0, 1.0), 32.0) * step(0.0, facing);
  return colour * (ambient + 0.95 * shade) + rim * 0.22 * sky + gloss * 0.07 * shade;
}
vec4 finished(vec3 colour, float alpha) {
  return vec4(pow(clamp(colour, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0) * alpha;
}`;

export const BODY_VERTEX = `#version 300 es
${SKINNING}
uniform mat4 viewProjection;
uniform vec4 heats[6]; // of the joints, four in each
uniform vec3 chest; // at rest
out vec3 world, direction, atRest;
out float heat;
void main() {
  mat3x4 m = blended();
  world = vec4(position, 1.0) * m;
  direction = vec4(normal, 0.0) * m;
  atRest = position - chest;
  heat = 0.0;
  for (int k = 0; k < 4; k++) heat += weights[k] * heats[int(joints[k]) >> 2][int(joints[k]) & 3];
  gl_Position = viewProjection * vec4(world, 1.0);
}`;

export const BODY_FRAGMENT = `#version 300 es
precision highp float;
in vec3 world, direction, atRest;
in float heat;
uniform vec3 colour, glow;
uniform vec3 ramp[4];
uniform vec4 touches[3]; // place and strength
uniform float alpha, heated;
uniform int person;
out vec4 result;
${SHADOW}
${LIGHTING}
// What tells people apart without colour: nothing, bands round the trunk, a sash, both.
float marked() {
  float trunk = 1.0 - smoothstep(0.15, 0.16, abs(atRest.x));
  float bands = 0.0, y = atRest.y, blur = fwidth(y) + 1e-4;
  for (int k = 0; k < 3; k++) bands = max(bands, 1.0 - smoothstep(0.017 - blur, 0.017 + blur, abs(y + 0.21 - 0.095 * float(k))));
  float slope = atRest.y + 0.9 * atRest.x + 0.08, soft = fwidth(slope) + 1e-4;
  float sash = 1.0 - smoothstep(0.045 - soft, 0.045 + soft, abs(slope));
  float inside = trunk * step(-0.34, y) * step(y, 0.16);
  return inside * (person == 1 ? bands : person == 2 ? sash : person == 3 ? max(bands, sash) : 0.0);
}
vec3 heatColour(float x) {
  x = clamp(x, 0.0, 1.0) * 3.0;
  return x < 1.0 ? mix(ramp[0], ramp[1], x) : x < 2.0 ? mix(ramp[1], ramp[2], x - 1.0) : mix(ramp[2], ramp[3], x - 2.0);
}
void main() {
  vec3 own = mix(colour, heatColour(heat), heated);
  own = mix(own, vec3(heated > 0.0 ? 0.05 : 0.85), marked() * 0.8);
  float near = 0.0;
  for (int k = 0; k < 3; k++) {
    vec3 d = world - touches[k].xyz;
    near = max(near, touches[k].w * exp(-dot(d, d) / 0.012));
  }
  vec3 c = shaded(own, world, normalize(direction), 1.7);
  result = finished(mix(c, glow, near * 0.85), alpha);
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

// A capsule between two points, one for each bone: its surface is made of directions round either end.
const ROD = `
layout(location=0) in vec4 surface; // direction across and along, and which end
layout(location=1) in vec3 start;
layout(location=2) in vec4 finish; // and the radius
layout(location=3) in vec4 tint; // colour, and the heat that replaces it, if 0 or more
uniform mat4 viewProjection;
vec3 normalOf() {
  vec3 along = finish.xyz - start;
  float size = length(along);
  along = size > 1e-5 ? along / size : vec3(0.0, 1.0, 0.0);
  vec3 across = normalize(cross(along, abs(along.y) < 0.9 ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0)));
  return across * surface.x + cross(along, across) * surface.y + along * surface.z;
}`;

export const ROD_VERTEX = `#version 300 es
${ROD}
out vec3 world, direction, paint;
out float heat;
void main() {
  direction = normalOf();
  world = mix(start, finish.xyz, surface.w) + direction * finish.w;
  paint = tint.xyz;
  heat = tint.w;
  gl_Position = viewProjection * vec4(world, 1.0);
}`;

export const ROD_FRAGMENT = `#version 300 es
precision highp float;
in vec3 world, direction, paint;
in float heat;
uniform vec3 ramp[4];
out vec4 result;
${SHADOW}
${LIGHTING}
void main() {
  float x = clamp(heat, 0.0, 1.0) * 3.0;
  vec3 warm = x < 1.0 ? mix(ramp[0], ramp[1], x) : x < 2.0 ? mix(ramp[1], ramp[2], x - 1.0) : mix(ramp[2], ramp[3], x - 2.0);
  result = finished(shaded(heat < 0.0 ? paint : warm, world, normalize(direction), 1.7), 1.0);
}`;

export const ROD_SHADOW_VERTEX = `#version 300 es
${ROD}
void main() {
  gl_Position = viewProjection * vec4(mix(start, finish.xyz, surface.w) + normalOf() * finish.w, 1.0);
}`;
