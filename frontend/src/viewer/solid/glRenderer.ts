import { length, type Vec3 } from '@/geometry'

import type { Cloud } from './cloud'
import { BLOCK } from './emptySpace'
import { TABLE_SIZE } from './presets'
import { raysInTexture, raysOf, type Rays, type Scene, type Surface } from './scene'
import { RAY_FRAGMENT, RAY_VERTEX, SURFACE_FRAGMENT, SURFACE_VERTEX } from './shaders'
import type { SurfaceMesh } from './surfaceNets'

const HATCH_PX = 9
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i

interface MeshBuffers {
  readonly array: WebGLVertexArrayObject
  readonly count: number
}

interface Resources {
  readonly surface: WebGLProgram
  readonly ray: WebGLProgram
  readonly quad: WebGLVertexArrayObject
  readonly frame: WebGLFramebuffer
  readonly colour: WebGLTexture
  readonly depth: WebGLTexture
  readonly transfer: WebGLTexture
  readonly volume: WebGLTexture
  readonly leaps: WebGLTexture
}

/** Draws scenes into one canvas of the page, in device pixels. Everything on the card can be made anew. */
export class GlRenderer {
  readonly canvas = document.createElement('canvas')
  readonly isSoftware: boolean
  private readonly gl: WebGL2RenderingContext
  private readonly restored: () => void
  private resources: Resources | null = null
  private held: Cloud | null = null
  private meshes = new Map<SurfaceMesh, MeshBuffers>()

  /** @throws Error where the browser has no WebGL2. */
  constructor(restored: () => void) {
    this.restored = restored
    const gl = this.canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      preserveDrawingBuffer: true,
    })
    if (gl === null) throw new Error('this browser has no WebGL2')
    this.gl = gl
    const info = gl.getExtension('WEBGL_debug_renderer_info')
    this.isSoftware = SOFTWARE.test(String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)))
    this.canvas.addEventListener('webglcontextlost', (event) => {
      // Without this it would never come back.
      event.preventDefault()
      this.forget()
    })
    this.canvas.addEventListener('webglcontextrestored', () => this.restored())
  }

  get isLost(): boolean {
    return this.gl.isContextLost()
  }

  /** The surfaces, and whatever the rays are to meet. Then come the strips of rays. */
  prepare(scene: Scene, width: number, height: number): void {
    const { gl } = this
    this.resources ??= this.make()
    if (this.canvas.width !== width) this.canvas.width = width
    if (this.canvas.height !== height) this.canvas.height = height
    this.upload(scene.cloud)
    const { frame, colour, depth, surface } = this.resources
    size(gl, colour, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, width, height)
    size(gl, depth, gl.DEPTH_COMPONENT24, gl.DEPTH_COMPONENT, gl.UNSIGNED_INT, width, height)
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame)
    gl.viewport(0, 0, width, height)
    gl.disable(gl.SCISSOR_TEST)
    gl.enable(gl.DEPTH_TEST)
    gl.depthMask(true)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
    gl.useProgram(surface)
    const rays = raysOf(scene)
    this.setRays(surface, rays)
    this.drawSurfaces(surface, scene.surfaces)
    for (const known of [...this.meshes.keys()])
      if (!scene.surfaces.some(({ mesh }) => mesh === known)) this.dropMesh(known)
    gl.bindFramebuffer(gl.FRAMEBUFFER, null)
  }

  /** One strip of the picture, from `from` to `to` device pixels from the bottom. */
  cast(scene: Scene, step_voxels: number, from: number, to: number): void {
    const { gl, resources } = this
    if (resources === null) return
    const { ray, quad, volume, leaps, transfer, colour, depth } = resources
    const { width, height } = this.canvas
    const rays = raysOf(scene)
    gl.viewport(0, 0, width, height)
    gl.disable(gl.DEPTH_TEST)
    gl.disable(gl.BLEND)
    gl.enable(gl.SCISSOR_TEST)
    gl.scissor(0, from, width, to - from)
    gl.useProgram(ray)
    this.setRays(ray, rays)
    const grid = scene.cloud?.grid ?? scene.grid
    const inTexture = raysInTexture(rays, grid)
    for (const name of ['start', 'along_right', 'along_up', 'along_mm', 'voxel'] as const)
      this.vector(ray, name, inTexture[name])
    ;(['gradient_i', 'gradient_j', 'gradient_k'] as const).forEach((name, axis) =>
      this.vector(ray, name, inTexture.gradients[axis] ?? [0, 0, 0]),
    )
    const finest = Math.min(...[grid.column_mm, grid.row_mm, grid.slice_mm].map(length))
    gl.uniform1f(gl.getUniformLocation(ray, 'step_mm'), finest * step_voxels)
    const [i, j, k] = grid.size
    this.vector(ray, 'blocks', [i / BLOCK, j / BLOCK, k / BLOCK])
    gl.uniform1i(gl.getUniformLocation(ray, 'has_volume'), scene.cloud === null ? 0 : 1)
    const units: readonly (readonly [string, number, WebGLTexture])[] = [
      ['volume', gl.TEXTURE_3D, volume],
      ['leaps', gl.TEXTURE_3D, leaps],
      ['transfer', gl.TEXTURE_2D, transfer],
      ['surfaces', gl.TEXTURE_2D, colour],
      ['depths', gl.TEXTURE_2D, depth],
    ]
    units.forEach(([name, target, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit)
      gl.bindTexture(target, texture)
      gl.uniform1i(gl.getUniformLocation(ray, name), unit)
    })
    gl.bindVertexArray(quad)
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4)
    gl.bindVertexArray(null)
  }

  /** When all that was asked for has been drawn; the page is not held up meanwhile. */
  async finished(): Promise<void> {
    const { gl } = this
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0)
    if (fence === null) return
    gl.flush()
    while (!gl.isContextLost()) {
      const state = gl.clientWaitSync(fence, 0, 0)
      if (state !== gl.TIMEOUT_EXPIRED) break
      await new Promise((done) => setTimeout(done, 3))
    }
    gl.deleteSync(fence)
  }

  private drawSurfaces(program: WebGLProgram, surfaces: readonly Surface[]): void {
    const { gl } = this
    const clear = surfaces.filter(({ opacity }) => opacity < 1)
    for (const surface of surfaces) if (surface.opacity >= 1) this.drawSurface(program, surface)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    // A shell does not hide what is in it: only its own nearest side is drawn, and no depth is left.
    gl.depthMask(false)
    gl.enable(gl.CULL_FACE)
    for (const surface of clear) this.drawSurface(program, surface)
    gl.disable(gl.CULL_FACE)
    gl.depthMask(true)
    gl.disable(gl.BLEND)
  }

  private drawSurface(program: WebGLProgram, surface: Surface): void {
    const { gl } = this
    const { array, count } = this.meshes.get(surface.mesh) ?? this.uploadMesh(program, surface.mesh)
    this.vector(program, 'colour', surface.colour)
    gl.uniform1f(gl.getUniformLocation(program, 'alpha'), surface.opacity)
    const pitch = surface.unreviewed ? HATCH_PX : 0
    gl.uniform1f(gl.getUniformLocation(program, 'hatch_px'), pitch)
    gl.bindVertexArray(array)
    gl.drawElements(gl.TRIANGLES, count, gl.UNSIGNED_INT, 0)
    gl.bindVertexArray(null)
  }

  private setRays(program: WebGLProgram, rays: Rays): void {
    const { gl } = this
    for (const name of ['right', 'up', 'away', 'focal', 'centre'] as const)
      this.vector(program, name, rays[name])
    gl.uniform2f(gl.getUniformLocation(program, 'half_mm'), ...rays.half_mm)
    gl.uniform1f(gl.getUniformLocation(program, 'reach_mm'), rays.reach_mm)
  }

  private vector(program: WebGLProgram, name: string, value: Vec3): void {
    this.gl.uniform3f(this.gl.getUniformLocation(program, name), ...value)
  }

  private upload(cloud: Cloud | null): void {
    const { gl, resources } = this
    if (resources === null || cloud === null || cloud === this.held) return
    gl.activeTexture(gl.TEXTURE0)
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
    for (const [texture, [i, j, k], values] of [
      [resources.volume, cloud.grid.size, cloud.texels],
      [resources.leaps, cloud.blocks, cloud.leaps],
    ] as const) {
      gl.bindTexture(gl.TEXTURE_3D, texture)
      gl.texImage3D(gl.TEXTURE_3D, 0, gl.R8, i, j, k, 0, gl.RED, gl.UNSIGNED_BYTE, values)
    }
    gl.bindTexture(gl.TEXTURE_2D, resources.transfer)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, TABLE_SIZE, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, cloud.table)
    this.held = cloud
  }

  private uploadMesh(program: WebGLProgram, mesh: SurfaceMesh): MeshBuffers {
    const { gl } = this
    const array = gl.createVertexArray()
    gl.bindVertexArray(array)
    attribute(gl, program, 'position', mesh.positions, 3)
    attribute(gl, program, 'normal', mesh.normals, 3)
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer())
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles, gl.STATIC_DRAW)
    gl.bindVertexArray(null)
    const made = { array, count: mesh.triangles.length }
    this.meshes.set(mesh, made)
    return made
  }

  private dropMesh(mesh: SurfaceMesh): void {
    const known = this.meshes.get(mesh)
    if (known) this.gl.deleteVertexArray(known.array)
    this.meshes.delete(mesh)
  }

  private forget(): void {
    this.resources = null
    this.held = null
    this.meshes = new Map()
  }

  private make(): Resources {
    const { gl } = this
    const ray = programOf(gl, RAY_VERTEX, RAY_FRAGMENT)
    const quad = gl.createVertexArray()
    gl.bindVertexArray(quad)
    attribute(gl, ray, 'corner', new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), 2)
    gl.bindVertexArray(null)
    const colour = textureOf(gl, gl.TEXTURE_2D, gl.NEAREST)
    const depth = textureOf(gl, gl.TEXTURE_2D, gl.NEAREST)
    size(gl, colour, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, 1, 1)
    size(gl, depth, gl.DEPTH_COMPONENT24, gl.DEPTH_COMPONENT, gl.UNSIGNED_INT, 1, 1)
    const frame = gl.createFramebuffer()
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame)
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, colour, 0)
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, depth, 0)
    return {
      surface: programOf(gl, SURFACE_VERTEX, SURFACE_FRAGMENT),
      ray,
      quad,
      frame,
      colour,
      depth,
      transfer: textureOf(gl, gl.TEXTURE_2D, gl.LINEAR),
      volume: textureOf(gl, gl.TEXTURE_3D, gl.LINEAR),
      leaps: textureOf(gl, gl.TEXTURE_3D, gl.NEAREST),
    }
  }
}

type Gl = WebGL2RenderingContext

function textureOf(gl: Gl, target: number, filter: number): WebGLTexture {
  const texture = gl.createTexture()
  gl.bindTexture(target, texture)
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, filter)
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, filter)
  for (const axis of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R])
    if (target === gl.TEXTURE_3D || axis !== gl.TEXTURE_WRAP_R)
      gl.texParameteri(target, axis, gl.CLAMP_TO_EDGE)
  return texture
}

function size(
  gl: Gl,
  texture: WebGLTexture,
  inner: number,
  format: number,
  type: number,
  width: number,
  height: number,
): void {
  gl.activeTexture(gl.TEXTURE0)
  gl.bindTexture(gl.TEXTURE_2D, texture)
  gl.texImage2D(gl.TEXTURE_2D, 0, inner, width, height, 0, format, type, null)
}

function attribute(
  gl: Gl,
  program: WebGLProgram,
  name: string,
  values: Float32Array,
  width: number,
): void {
  const at = gl.getAttribLocation(program, name)
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer())
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW)
  gl.enableVertexAttribArray(at)
  gl.vertexAttribPointer(at, width, gl.FLOAT, false, 0, 0)
}

function programOf(gl: Gl, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram()
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(kind)
    if (shader === null) throw new Error('the WebGL context is lost')
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(gl.getProgramInfoLog(program) ?? 'the 3D program does not link')
  return program
}
