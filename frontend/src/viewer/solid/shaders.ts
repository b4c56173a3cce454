/** WebGL2 programs of the 3D picture. Depth runs from 0 to 1 along the view, evenly: there is no perspective. */

export const SURFACE_VERTEX = `#version 300 es
in vec3 position;
in vec3 normal;
uniform vec3 centre, right, up, away;
uniform vec2 half_mm;
uniform float reach_mm;
uniform vec3 focal;
out vec3 v_normal;
void main() {
  vec3 d = position - focal;
  gl_Position = vec4(dot(d, right) / half_mm.x, dot(d, up) / half_mm.y, dot(position - centre, away) / reach_mm, 1.0);
  v_normal = normal;
}`

export const SURFACE_FRAGMENT = `#version 300 es
precision highp float;
in vec3 v_normal;
uniform vec3 right, up, away, colour;
uniform float alpha, hatch_px;
out vec4 result;
void main() {
  vec3 n = normalize(v_normal);
  if (dot(n, away) > 0.0) n = -n;
  vec3 light = normalize(-away + 0.35 * up - 0.25 * right);
  float diffuse = max(dot(n, light), 0.0);
  float shine = pow(max(dot(n, normalize(light - away)), 0.0), 40.0);
  vec3 lit = colour * (0.28 + 0.78 * diffuse) + vec3(0.22 * shine);
  // What nobody has reviewed is hatched, as on the slices.
  if (hatch_px > 0.0) {
    float stripe = mod(gl_FragCoord.x + gl_FragCoord.y, hatch_px) / hatch_px;
    lit *= stripe < 0.42 ? 0.34 : 1.0;
  }
  result = vec4(lit * alpha, alpha);
}`

export const RAY_VERTEX = `#version 300 es
in vec2 corner;
out vec2 v_at;
void main() {
  v_at = corner;
  gl_Position = vec4(corner, 0.0, 1.0);
}`

/** Front to back along each ray, up to the first surface, which lies behind what was gathered. */
export const RAY_FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler3D;
in vec2 v_at;
uniform sampler3D volume, leaps;
uniform sampler2D transfer, surfaces, depths;
uniform vec3 start, along_right, along_up, along_mm;
uniform vec3 gradient_i, gradient_j, gradient_k;
uniform vec3 blocks, voxel, right, up, away;
uniform float reach_mm, step_mm;
uniform bool has_volume;
out vec4 result;
vec4 shade(vec3 p, float value, vec4 c) {
  vec3 g = gradient_i * (texture(volume, p + vec3(voxel.x, 0, 0)).r - texture(volume, p - vec3(voxel.x, 0, 0)).r)
         + gradient_j * (texture(volume, p + vec3(0, voxel.y, 0)).r - texture(volume, p - vec3(0, voxel.y, 0)).r)
         + gradient_k * (texture(volume, p + vec3(0, 0, voxel.z)).r - texture(volume, p - vec3(0, 0, voxel.z)).r);
  float size = length(g);
  if (size < 1e-6) return vec4(c.rgb * 0.7, c.a);
  vec3 n = -g / size;
  if (dot(n, away) > 0.0) n = -n;
  vec3 light = normalize(-away + 0.35 * up - 0.25 * right);
  float diffuse = max(dot(n, light), 0.0);
  float shine = pow(max(dot(n, normalize(light - away)), 0.0), 32.0);
  return vec4(c.rgb * (0.25 + 0.8 * diffuse) + vec3(0.16 * shine), c.a);
}
void main() {
  vec2 screen = v_at * 0.5 + 0.5;
  vec4 behind = texture(surfaces, screen);
  vec4 sum = vec4(0.0);
  if (has_volume) {
    vec3 o = start + v_at.x * along_right + v_at.y * along_up;
    vec3 d = along_mm + vec3(equal(along_mm, vec3(0.0))) * 1e-9;
    vec3 a = (vec3(0.0) - o) / d, b = (vec3(1.0) - o) / d;
    vec3 low = min(a, b), high = max(a, b);
    float t = max(max(low.x, low.y), low.z);
    float end = min(min(high.x, high.y), high.z);
    float surface = texture(depths, screen).r;
    if (surface < 1.0) end = min(end, (surface * 2.0 - 1.0) * reach_mm);
    // A little noise instead of rings.
    t += step_mm * fract(sin(dot(gl_FragCoord.xy, vec2(12.9898, 78.233))) * 43758.5453);
    for (int i = 0; i < 2048; i++) {
      if (t >= end || sum.a > 0.985) break;
      vec3 p = o + d * t;
      // Where nothing around is seen, on to the edge of what is clear, in whole steps.
      vec3 cell = floor(p * blocks);
      float clear = floor(texelFetch(leaps, ivec3(cell), 0).r * 255.0 + 0.5);
      if (clear > 0.5) {
        vec3 edge = mix(cell - clear + 1.0, cell + clear, greaterThan(d, vec3(0.0))) / blocks;
        vec3 way = (edge - p) / d;
        t += step_mm * max(1.0, ceil(min(min(way.x, way.y), way.z) / step_mm));
        continue;
      }
      float value = texture(volume, p).r;
      vec4 c = texture(transfer, vec2(value, 0.5));
      if (c.a > 0.0015) {
        c.a = 1.0 - pow(1.0 - min(c.a, 0.999), step_mm);
        // Light is worked out only for what will be seen of it.
        c = (1.0 - sum.a) * c.a > 0.01 ? shade(p, value, c) : vec4(c.rgb * 0.7, c.a);
        sum += (1.0 - sum.a) * vec4(c.rgb * c.a, c.a);
      }
      t += step_mm;
    }
  }
  vec3 seen = sum.rgb + (1.0 - sum.a) * behind.rgb;
  result = vec4(min(seen, vec3(1.0)), 1.0);
}`
