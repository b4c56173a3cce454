import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { IconFileText, IconLassoPolygon, IconPhotoOff, IconStack2 } from '@tabler/icons-react'
import { useEffect } from 'react'

import { fetchThumbnail } from '@/api/pixels'
import type { Series } from '@/api/types'

interface SeriesThumbnailProps {
  caseId: string
  studyInstanceUid: string
  series: Series
}

const KIND_ICONS: Record<string, typeof IconStack2> = {
  seg: IconLassoPolygon,
  rtstruct: IconLassoPolygon,
  sr: IconFileText,
  pdf: IconFileText,
}

const ICON_SIZE = 26

export function SeriesThumbnail({ caseId, studyInstanceUid, series }: SeriesThumbnailProps) {
  const url = series.thumbnail_url
  const needsTicket = url?.startsWith('/pixels') ?? false
  const thumbnail = useQuery({
    queryKey: ['thumbnail', caseId, url],
    queryFn: ({ signal }) => fetchThumbnail({ caseId, studyInstanceUid, url: url ?? '', signal }),
    enabled: needsTicket,
    staleTime: Infinity,
    gcTime: 0,
    retry: 1,
  })
  const objectUrl = thumbnail.data
  useEffect(() => () => (objectUrl ? URL.revokeObjectURL(objectUrl) : undefined), [objectUrl])

  const source = needsTicket ? objectUrl : url
  if (source) return <img src={source} alt="" loading="lazy" decoding="async" />
  if (needsTicket && thumbnail.isPending) return <Skeleton width="100%" height="100%" radius={0} />
  const Icon = KIND_ICONS[series.kind] ?? (series.kind === 'image' ? IconPhotoOff : IconStack2)
  return <Icon size={ICON_SIZE} stroke={1.4} aria-hidden />
}
