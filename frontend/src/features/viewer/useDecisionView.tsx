import { IconSignature } from '@tabler/icons-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'

import { useDecisions } from '@/api/boards'
import { formatDateTime } from '@/ui/format'
import { StageFollower } from '@/viewer/stage'

import { signedView } from '../replay/decisionView'
import { showStage } from './showStage'
import type { CaseRoom } from './useCaseRoom'
import classes from './viewer.module.css'

/** `?decision=…`: opens on the view that the decision was signed on, and says so (LIVE-R2). */
export function useDecisionView(caseId: string, room: CaseRoom): { expected: boolean; notice: ReactNode } {
  const { t } = useTranslation('replay')
  const [search] = useSearchParams()
  const wanted = search.get('decision')
  const decisions = useDecisions(caseId, wanted !== null)
  const decision = decisions.data?.find(({ id }) => id === wanted)
  const view = decision === undefined ? null : signedView(decision)
  const done = useRef(false)
  useEffect(() => {
    if (done.current || view === null || !room.studiesLoaded) return
    done.current = true
    showStage(room, new StageFollower(room.viewer), view.stage)
  }, [room, view])
  const isComing = wanted !== null && (decisions.isPending || view !== null)
  return {
    expected: isComing,
    notice: view !== null && (
      <div className={classes.keptView} role="status" data-testid="decision-view">
        <IconSignature size={16} aria-hidden />
        {t('decision.shown', { when: formatDateTime(view.at) })}
      </div>
    ),
  }
}
