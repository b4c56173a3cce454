import type { TFunction } from 'i18next'

import type { Vec2, Vec3 } from '@/geometry'
import type { OpenedDocument } from '@/api/types'
import { formatDate } from '@/ui/format'
import type { GraphicImage, GraphicLayer } from '@/viewer/graphics'
import type { PresentedLook } from '@/viewer/presentation'

type Group = OpenedDocument['groups'][number]
type Presented = NonNullable<OpenedDocument['presentation']>['images'][number]

/** What an opened document draws, with its words. */
export function layerOf(document: OpenedDocument, t: TFunction<'documents'>): GraphicLayer {
  const from = sourceWords(document, t)
  const looks = document.presentation?.images ?? []
  return {
    id: document.id,
    unreviewed: document.unreviewed,
    graphics: [
      ...document.groups.flatMap((group, at) => graphicsOf(document.id, group, at, from)),
      ...looks.flatMap((look, at) =>
        look.graphics.map((graphic, number) => ({
          id: `${document.id}:${at}:${number}`,
          shape: graphic.shape,
          points_image: graphic.points_image as unknown as Vec2[],
          points_lps: [],
          frame_of_reference_uid: '',
          images: [imageOf(look)],
          filled: graphic.filled,
          colour: graphic.colour,
          lines: [],
        })),
      ),
    ],
    notes: looks.flatMap((look) =>
      look.annotations.map((note) => ({
        text: note.text,
        box: note.box as unknown as Vec2[],
        anchor: note.anchor as unknown as Vec2 | null,
        images: [imageOf(look)],
        colour: note.colour,
      })),
    ),
    shutters: (document.presentation?.shutters ?? []).map((shutter) => ({
      shape: shutter.shape,
      points_image: shutter.points_image as unknown as Vec2[],
      images: looks.map(imageOf),
    })),
  }
}

const imageOf = ({ image }: Presented): GraphicImage => ({
  sop_instance_uid: image.sop_instance_uid,
  frame: image.frame,
})

/** Whose drawing it is, and whether somebody answers for it: beside every one of them. */
export function sourceWords(document: OpenedDocument, t: TFunction<'documents'>): string {
  const state = document.unreviewed
    ? t('aiShort')
    : document.verified === null
      ? ''
      : t(document.verified ? 'verifiedShort' : 'notVerifiedShort')
  const who = document.verified_by || document.author || document.manufacturer
  return [t(`kind.${document.kind}`), who, document.date && formatDate(document.date), state]
    .filter(Boolean)
    .join(' · ')
}

function graphicsOf(id: string, group: Group, at: number, from: string) {
  return group.regions.map((region, number) => ({
    id: `${id}:${at}:${number}`,
    shape: region.shape,
    points_image: region.points_image as unknown as Vec2[],
    points_lps: region.points_lps as unknown as Vec3[],
    frame_of_reference_uid: region.frame_of_reference_uid,
    images: region.images.map(({ sop_instance_uid, frame }) => ({ sop_instance_uid, frame })),
    filled: false,
    colour: null,
    lines: number === 0 ? [valueWords(group), nameOf(group), from].filter(Boolean) : [],
  }))
}

/** The first value as it is drawn; the others are in the list. */
export function valueWords(group: Group): string {
  const [first] = group.values
  if (first === undefined) return ''
  const value = [first.value, first.unit].filter(Boolean).join(' ')
  return [first.name, first.derivation, value].filter(Boolean).join(' ')
}

export const nameOf = (group: Group): string =>
  [group.finding, group.site].filter(Boolean).join(', ') || group.tracking_id

export const lookOf = (document: OpenedDocument, presented: Presented): PresentedLook => ({
  turn: document.presentation?.turn ?? 0,
  flipped: document.presentation?.flipped ?? false,
  lut: document.presentation?.lut ?? '',
  voi: presented.voi,
  area: presented.area as unknown as PresentedLook['area'],
})
