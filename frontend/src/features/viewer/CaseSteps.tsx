import { ActionIcon, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router-dom'

import { asProblem } from '@/api/problem'
import { caseBeside } from '@/features/worklist/caseOrder'

import { useKeyHints } from './bindings'

type Step = (by: 1 | -1) => void

/** To the images of the next case, in the order in which the worklist was shown. */
export function useCaseStep(caseId: string): Step {
  const { t } = useTranslation('access')
  const client = useQueryClient()
  const navigate = useNavigate()
  return useCallback(
    (by) => {
      const go = async (): Promise<void> => {
        const next = await caseBeside(client, caseId, by)
        if (next === null) notifications.show({ message: t(`cases.none.${by}`) })
        else await navigate(`/cases/${next}/view`)
      }
      go().catch((error: unknown) => {
        const { detail, title } = asProblem(error)
        notifications.show({ color: 'urgent', message: detail || title })
      })
    },
    [client, navigate, caseId, t],
  )
}

export function CaseSteps({ onStep }: { onStep: Step }) {
  const { t } = useTranslation('access')
  const keyOf = useKeyHints()
  const back = [t('cases.previous'), keyOf('previousCase')].join(' · ')
  const on = [t('cases.next'), keyOf('nextCase')].join(' · ')
  return (
    <ActionIcon.Group aria-label={t('cases.step')}>
      <Tooltip label={back}>
        <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('cases.previous')} onClick={() => onStep(-1)}>
          <IconChevronLeft size={17} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={on}>
        <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('cases.next')} onClick={() => onStep(1)}>
          <IconChevronRight size={17} />
        </ActionIcon>
      </Tooltip>
    </ActionIcon.Group>
  )
}
