#version 330 core
// A sun with a soft shadow, a sky, and a weak light at the camera. Colours are linear; the square root is the gamma.
struct DirectionalLight { vec3 color; float intensity; vec3 direction; sampler2DShadow shadow_map; mat4 light_matrix; };
struct Material { vec4 base_color_factor; };

uniform Material material;
uniform DirectionalLight directional_lights[MAX_DIRECTIONAL_LIGHTS];
uniform vec3 cam_pos;
uniform vec3 ambient_light;

in vec3 at;
in vec3 facing;
in vec3 in_light;
#ifdef TEXCOORD_0_LOC
in vec2 on_floor;
#endif

out vec4 frag_color;

const float BLUR = 0.012;  // metres between the middle of the soft edge and the samples
const vec2 SAMPLES[4] = vec2[4](vec2(0.9, 0.3), vec2(-0.3, 0.9), vec2(-0.9, -0.3), vec2(0.3, -0.9));

float shadow()
{
    mat4 light = directional_lights[0].light_matrix;
    vec2 reach = 0.5 * BLUR * vec2(length(vec3(light[0][0], light[1][0], light[2][0])),
                                   length(vec3(light[0][1], light[1][1], light[2][1])));
    bool inside = all(greaterThan(in_light.xy, vec2(0.0))) && all(lessThan(in_light.xy, vec2(1.0)));
    float dark = 0.0;
    // A loop of no turns outside the map: a processor that draws leaves it early, which an if would not do.
    for (int k = 0; k < (inside ? 4 : 0); k++) {
        dark += 1.0 - texture(directional_lights[0].shadow_map, vec3(in_light.xy + reach * SAMPLES[k], in_light.z));
    }
    return dark / 4.0;
}

#ifdef TEXCOORD_0_LOC
float lines(float metres, float width)
{
    vec2 across = at.xz / metres;
    vec2 pixel = fwidth(across);
    vec2 away = abs(fract(across - 0.5) - 0.5);
    vec2 covered = clamp((width / metres + 0.7 * pixel - away) / (1.4 * pixel), 0.0, 1.0);
    covered *= min(vec2(1.0), 2.0 * width / metres / pixel + 0.15);
    return max(covered.x, covered.y);
}
#endif

void main()
{
    vec3 sun = -directional_lights[0].direction;
    vec3 base = material.base_color_factor.rgb;
#ifdef TEXCOORD_0_LOC
    base *= 1.0 - 0.26 * max(0.55 * lines(0.5, 0.005), lines(1.0, 0.010));
    vec3 color = base * (1.0 - 0.52 * shadow());
    float fade = clamp(2.6 * (1.0 - length(on_floor)), 0.0, 1.0);
    frag_color = vec4(sqrt(color), fade * fade * (3.0 - 2.0 * fade));
#else
    vec3 n = normalize(facing);
    vec3 eye = normalize(cam_pos - at);
    float lit = max(dot(n, sun), 0.0) * (1.0 - shadow());
    float front = max(dot(n, eye), 0.0);
    vec3 light = ambient_light * (0.72 + 0.28 * n.y) + directional_lights[0].intensity * lit + 0.16 * front;
    float edge = 1.0 - front;
    frag_color = vec4(sqrt(clamp(base * light + 0.10 * edge * edge * edge, 0.0, 1.0)), 1.0);
#endif
}
