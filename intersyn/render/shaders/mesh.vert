#version 330 core
// Bodies and the floor. What carries texture coordinates is the floor: they run from -1 to 1 over it.
layout(location = 0) in vec3 position;
layout(location = NORMAL_LOC) in vec3 normal;
#ifdef TEXCOORD_0_LOC
layout(location = TEXCOORD_0_LOC) in vec2 texcoord_0;
#endif
layout(location = INST_M_LOC) in mat4 inst_m;

struct DirectionalLight { vec3 color; float intensity; vec3 direction; sampler2DShadow shadow_map; mat4 light_matrix; };

uniform mat4 M;
uniform mat4 V;
uniform mat4 P;
uniform DirectionalLight directional_lights[MAX_DIRECTIONAL_LIGHTS];

const float OFF_SKIN = 0.012;  // metres: skin must not shade itself where the shadow map is coarse

out vec3 at;
out vec3 facing;
out vec3 in_light;
#ifdef TEXCOORD_0_LOC
out vec2 on_floor;
#endif

void main()
{
    vec4 world = M * vec4(position, 1.0);
    gl_Position = P * V * world;
    at = world.xyz;
    facing = normal;
    in_light = vec3(directional_lights[0].light_matrix * vec4(at + OFF_SKIN * normal, 1.0)) * 0.5 + 0.5;
#ifdef TEXCOORD_0_LOC
    on_floor = texcoord_0;
#endif
}
