import { imageToCanvas, type ImagePlane } from '@/geometry'

import type { MaskSlice } from '../masks'
import { outlineOf, runsOf, topOnScreen } from '../overlay/maskPainter'
import type { StackView } from '../stackView'
import type { RegionOverlay, RtLook, RtOverlays } from './overlays'
import { regionOnPlane, voxelised } from './planarContours'
import { NAME_PX, OUTLINE_PX, write } from './words'

interface Cut {
  readonly shown: ImagePlane
  readonly found: { readonly plane: ImagePlane; readonly slice: MaskSlice } | null
}

const cuts = new WeakMap<StackView, WeakMap<RegionOverlay, Cut>>()

/** Where the plane of a view cuts a structure, computed once per plane. */
function cutOf(view: StackView, region: RegionOverlay): Cut['found'] {
  const { grid } = view.planes
  const shown = view.shownPlane
  if (grid === null || shown === null) return null
  const ofView = cuts.get(view) ?? new WeakMap<RegionOverlay, Cut>()
  cuts.set(view, ofView)
  const before = ofView.get(region)
  if (before?.shown === shown) return before.found
  const found = regionOnPlane(voxelised(region, grid), shown)
  ofView.set(region, { shown, found })
  return found
}

const isHere = (view: StackView, region: RegionOverlay): boolean =>
  region.frame_of_reference_uid === view.state.series?.frame_of_reference_uid

/** A structure on a computed plane: the edge of the voxels whose centres its contours enclose. */
export function paintCut(
  context: CanvasRenderingContext2D,
  view: StackView,
  region: RegionOverlay,
  look: RtLook,
  ratio: number,
): void {
  const { camera } = view.state
  const found = isHere(view, region) ? cutOf(view, region) : null
  if (found === null || camera === null) return
  const { plane, slice } = found
  const t = imageToCanvas(camera, view.size, plane)
  const place = new DOMMatrix([t.a, t.b, t.c, t.d, t.e, t.f].map((one) => one * ratio))
  const [area, outline] = [new Path2D(), new Path2D()]
  outline.addPath(outlineOf(slice), place)
  context.save()
  if (look.isFilled) {
    area.addPath(runsOf(slice), place)
    context.globalAlpha = look.opacity
    context.fillStyle = region.colour
    context.fill(area)
    context.globalAlpha = 1
  }
  context.strokeStyle = region.colour
  context.lineWidth = OUTLINE_PX * ratio
  context.stroke(outline)
  context.restore()
  const { x, y } = topOnScreen(slice, place)
  write(context, region.name, x, Math.max((NAME_PX + 2) * ratio, y - 4 * ratio), region.colour, ratio)
}

/** Structures of which some contours lie in no slice of the images that this plane is computed from. */
export function besideThePlane(view: StackView, { regions }: RtOverlays): string {
  const { grid } = view.planes
  if (view.state.reformat?.kind !== 'plane' || grid === null) return ''
  return regions
    .filter((region) => isHere(view, region) && voxelised(region, grid).beside > 0)
    .map(({ name }) => name)
    .join(', ')
}
