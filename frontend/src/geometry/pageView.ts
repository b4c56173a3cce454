import type { Vec2 } from './vector'

/**
 * Parts of a page's width and height that are seen. At zoom 1 the whole page fits; both ratios are
 * width over height.
 */
export function pageExtent(zoom: number, page_ratio: number, box_ratio: number): Vec2 {
  return box_ratio >= page_ratio
    ? [Math.min(1, box_ratio / (page_ratio * zoom)), 1 / zoom]
    : [1 / zoom, Math.min(1, page_ratio / (box_ratio * zoom))]
}

/** The largest zoom at which a box of another shape still shows all of `extent`. */
export function zoomShowing(extent: Vec2, page_ratio: number, box_ratio: number): number {
  const [across, down] = extent
  const [wide, tall] =
    box_ratio >= page_ratio
      ? [box_ratio / (page_ratio * across), 1 / down]
      : [1 / across, page_ratio / (box_ratio * down)]
  return Math.max(1, Math.min(wide, tall))
}
