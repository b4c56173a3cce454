import { IconFileText, IconLassoPolygon, IconPhotoOff, IconStack2 } from '@tabler/icons-react'
import { useState } from 'react'

import type { Series } from '@/api/types'

const KIND_ICONS: Record<string, typeof IconStack2> = {
  image: IconPhotoOff,
  seg: IconLassoPolygon,
  rtstruct: IconLassoPolygon,
  sr: IconFileText,
  pdf: IconFileText,
}

const ICON_SIZE = 26

/** A series at a glance; an icon of its kind where there is nothing to see (yet). */
export function SeriesThumbnail({ series }: { series: Series }) {
  const [failedUrl, setFailedUrl] = useState<string | null>(null)
  const url = series.thumbnail_url
  if (url && url !== failedUrl) {
    return <img src={url} alt="" loading="lazy" decoding="async" onError={() => setFailedUrl(url)} />
  }
  const Icon = KIND_ICONS[series.kind] ?? IconStack2
  return <Icon size={ICON_SIZE} stroke={1.4} aria-hidden />
}
