import {
  Enums,
  eventTarget,
  getConfiguration,
  imageLoader,
  init as initCore,
  RenderingEngine,
  utilities,
  type Types,
} from '@cornerstonejs/core'

import type { FrameImage } from './decoding/frameImage'
import { loadFrame } from './loader'
import { registerMetadataProvider } from './metadataProvider'

/** Contexts are shared by viewports; each costs video memory. */
const WEBGL_CONTEXTS = 4
const ENGINE_ID = 'consilium'

let engine: RenderingEngine | null = null

/** Prepares Cornerstone3D, once per page. */
export function startCornerstone(onLost: () => void): void {
  if (engine !== null) return
  const defaults = getConfiguration()
  initCore({ ...defaults, rendering: { ...defaults.rendering, webGlContextCount: WEBGL_CONTEXTS } })
  registerMetadataProvider()
  imageLoader.registerImageLoader('consilium', (image_id: string) => ({
    promise: loadFrame(image_id).then(asCornerstoneImage) as never,
  }))
  eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, onLost)
  engine = new RenderingEngine(ENGINE_ID)
}

/** Contexts that were lost take their textures with them: another engine begins anew. */
export function renewEngine(): void {
  engine?.destroy()
  engine = new RenderingEngine(ENGINE_ID)
}

export function renderingEngine(): RenderingEngine {
  if (engine === null) throw new Error('Cornerstone was not started')
  return engine
}

const converted = new WeakMap<FrameImage, Types.IImage>()

/** Our picture with what Cornerstone wants to know beside it; the pixels are the same. */
export function asCornerstoneImage(image: FrameImage): Types.IImage {
  const known = converted.get(image)
  if (known !== undefined) return known
  const components = image.color ? 3 : 1
  const made = {
    ...image,
    height: image.rows,
    width: image.columns,
    rgba: false,
    numberOfComponents: components,
    slope: 1,
    intercept: 0,
    windowCenter: [],
    windowWidth: [],
    voiLUTFunction: 'LINEAR',
    invert: false,
    preScale: { enabled: false },
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      scalarData: image.getPixelData() as never,
      width: image.columns,
      height: image.rows,
      numberOfComponents: components,
    }),
  } as unknown as Types.IImage
  converted.set(image, made)
  return made
}
