import type { Finding, Segment, Segmentation } from '@/api/types'
import type { MaskStyle } from '@/viewer/masks'
import { segmentMaskId } from '@/viewer/stage'

/** Something that can be laid over the images of one series. */
export interface MaskLayer extends MaskStyle {
  readonly id: string
  readonly mask_url: string
  readonly series_instance_uid: string
}

const UNREVIEWED_COLOUR = '#bc97ff'
const ACCEPTED_COLOUR = '#52c88c'
/** For segments that recommend no colour; apart from each other and from grey. */
const SEGMENT_COLOURS = ['#ffb454', '#59c2ff', '#f07178', '#aad94c', '#e6b3ff', '#5ccfe6']
const LEAST_BRIGHTNESS = 90
const TAG_LENGTH = 18

/** Dismissed and superseded findings have no mask; what nobody vouches for is hatched. */
export const findingLayers = (findings: readonly Finding[]): MaskLayer[] =>
  findings.flatMap((finding) =>
    finding.mask_url === null || finding.state === 'dismissed' || finding.state === 'superseded'
      ? []
      : [
          {
            id: finding.id,
            mask_url: finding.mask_url,
            series_instance_uid: finding.series_instance_uid,
            colour: finding.state === 'accepted' ? ACCEPTED_COLOUR : UNREVIEWED_COLOUR,
            unreviewed: finding.state !== 'accepted',
            tag: null,
          },
        ],
  )

/** The masks of one segment, one for each series it lies on. */
export const segmentLayers = (segmentation: Segmentation, segment: Segment): MaskLayer[] =>
  segment.masks.map((mask) => ({
    id: segmentMaskId(segmentation.id, segment.number, mask.series),
    mask_url: mask.mask_url,
    series_instance_uid: mask.series_instance_uid,
    colour: segmentColour(segment),
    unreviewed: segment.unreviewed,
    tag: `${segment.number} ${segment.label}`.slice(0, TAG_LENGTH),
  }))

/** The colour its writer recommends, bright enough for dark images. */
export function segmentColour(segment: Segment): string {
  const fallback = SEGMENT_COLOURS[segment.number % SEGMENT_COLOURS.length] ?? '#ffffff'
  return liftedColour(segment.colour ?? fallback, fallback)
}

/** A colour bright enough for dark images; `fallback` where it is none. */
export function liftedColour(own: string, fallback: string): string {
  const channels = [1, 3, 5].map((at) => parseInt(own.slice(at, at + 2), 16))
  const [red = 0, green = 0, blue = 0] = channels
  const brightness = 0.299 * red + 0.587 * green + 0.114 * blue
  if (Number.isNaN(brightness)) return fallback
  if (brightness >= LEAST_BRIGHTNESS) return own
  const share = (LEAST_BRIGHTNESS - brightness) / (255 - brightness)
  const lifted = channels.map((channel) => Math.round(channel + (255 - channel) * share))
  return `#${lifted.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}
