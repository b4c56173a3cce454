import { ActionIcon, Tooltip } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Series, Study } from '@/api/types'
import type { Person, Whereabouts } from '@/protocol/generated'
import { formatDate } from '@/ui/format'
import { stackAt } from '@/viewer/stacks'
import type { Viewer } from '@/viewer/viewer'

import type { CaseRoom } from '../viewer/useCaseRoom'
import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'
import classes from './presence.module.css'

interface PersonPlaceProps {
  session: LiveSession
  room: Pick<CaseRoom, 'viewer' | 'studies'>
  person: Person
}

/** Where somebody looks who is not with the presenter, and the way there. */
export function PersonPlace({ session, room, person }: PersonPlaceProps) {
  const { t } = useTranslation('presence')
  const { id, display_name } = person.user
  const leads = useLiveState(session, (state) => state.room.presenter.user?.id === id)
  const isMe = useLiveState(session, (state) => state.room.you?.id === id)
  // Asked of the presenter's screen too, which has no stage of others.
  const hasPresenter = useLiveState(session, (state) => state.room.presenter.user !== null)
  const words = useLiveState(session, (state) => JSON.stringify(state.room.presence[id]?.looks_at ?? null))
  if (isMe || leads) return null
  if (person.following && hasPresenter) return <span className={classes.place}>{t('where.follows')}</span>
  const place = JSON.parse(words) as Whereabouts | null
  const found = place && seriesOf(room.studies, place.series_instance_uid)
  if (!place || !found) return null
  const slice = sliceOf(room.viewer, place)
  const { study, series } = found
  const where = [series.modality, study.study_date && formatDate(study.study_date)].filter(Boolean).join(' ')
  return (
    <span className={classes.place} data-testid="looks-at">
      {slice === null ? t('where.series', { where }) : t('where.slice', { where, slice })}
      <Tooltip label={t('where.go', { name: display_name })}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={t('where.go', { name: display_name })}
          onClick={() => void goTo(room.viewer, place)}
        >
          <IconArrowRight size={15} />
        </ActionIcon>
      </Tooltip>
    </span>
  )
}

function seriesOf(studies: readonly Study[], uid: string): { study: Study; series: Series } | null {
  for (const study of studies) {
    const series = study.series.find((one) => one.series_instance_uid === uid)
    if (series) return { study, series }
  }
  return null
}

/** The number of the slice as this screen counts it, where the series is open here. */
function sliceOf(viewer: Viewer, place: Whereabouts): number | null {
  const series = viewer.library.known(place.series_instance_uid)
  const index = series?.frames.findIndex(
    (one) => one.sop_instance_uid === place.sop_instance_uid && one.frame === place.frame,
  )
  if (!series || index === undefined || index < 0) return null
  return index - (stackAt(series.stacks, index)?.start ?? 0) + 1
}

async function goTo(viewer: Viewer, place: Whereabouts): Promise<void> {
  const { series_instance_uid, sop_instance_uid, frame, center_lps } = place
  if (!viewer.library.has(series_instance_uid)) return
  await viewer.jumpTo({ series_instance_uid, sop_instance_uid, frame: frame ?? 1 }, center_lps)
}
