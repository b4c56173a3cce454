import { useMantineColorScheme } from '@mantine/core'
import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import { IconCalendarEvent, IconFolder, IconMoon, IconPhoto, IconPresentation, IconSearch, IconSun } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router-dom'

import { useMeetings } from '@/api/boards'
import { useCases } from '@/api/cases'
import type { Me } from '@/api/types'
import { formatDateTime, formatPatientName } from '@/ui/format'
import { usePreferences } from '@/ui/preferences'

import { destinations } from './navigation'

const CASES_SHOWN = 40

/** Ctrl/Cmd-K: every case, meeting, screen and setting, by typing. */
export function CommandPalette({ me }: { me: Me }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { setColorScheme } = useMantineColorScheme()
  const presentation = usePreferences((state) => state.presentation)
  const setPresentation = usePreferences((state) => state.setPresentation)
  const [query, setQuery] = useState('')
  const cases = useCases()
  const meetings = useMeetings()
  const go = (to: string) => () => void navigate(to)

  const groups: SpotlightActionGroupData[] = [
    {
      group: t('palette.screens'),
      actions: destinations
        .filter((destination) => destination.visibleTo(me))
        .map(({ key, to, icon: Icon }) => ({
          id: key,
          label: t(`nav.${key}`),
          leftSection: <Icon size={18} stroke={1.7} />,
          onClick: go(to),
        })),
    },
    {
      group: t('palette.cases'),
      actions: (cases.data ?? []).slice(0, CASES_SHOWN * 5).flatMap((entry) => [
        {
          id: `case-${entry.id}`,
          label: entry.title,
          description: `${formatPatientName(entry.patient.name)} · ${entry.patient.patient_id} · ${entry.clinical_question}`,
          leftSection: <IconFolder size={18} stroke={1.7} />,
          onClick: go(`/cases/${entry.id}`),
        },
        ...(query && entry.images.ready > 0
          ? [
              {
                id: `images-${entry.id}`,
                label: t('palette.images', { title: entry.title }),
                keywords: entry.patient.patient_id,
                leftSection: <IconPhoto size={18} stroke={1.7} />,
                onClick: go(`/cases/${entry.id}/view`),
              },
            ]
          : []),
      ]),
    },
    {
      group: t('palette.meetings'),
      actions: (meetings.data ?? []).map((meeting) => ({
        id: `meeting-${meeting.id}`,
        label: meeting.board.name,
        description: formatDateTime(meeting.starts_at),
        leftSection: <IconCalendarEvent size={18} stroke={1.7} />,
        onClick: go(`/meetings/${meeting.id}`),
      })),
    },
    {
      group: t('palette.settings'),
      actions: [
        { id: 'dark', label: t('palette.themeDark'), leftSection: <IconMoon size={18} />, onClick: () => setColorScheme('dark') },
        { id: 'light', label: t('palette.themeLight'), leftSection: <IconSun size={18} />, onClick: () => setColorScheme('light') },
        {
          id: 'presentation',
          label: t(presentation ? 'devices:presentation.off' : 'devices:presentation.on'),
          leftSection: <IconPresentation size={18} />,
          onClick: () => setPresentation(!presentation),
        },
      ],
    },
  ]
  return (
    <Spotlight
      actions={groups}
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K']}
      limit={CASES_SHOWN}
      scrollable
      maxHeight={440}
      highlightQuery
      nothingFound={t('palette.empty')}
      transitionProps={{ duration: 80 }}
      attributes={{ content: { 'aria-label': t('palette.label') } }}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: t('palette.placeholder'),
        'aria-label': t('palette.placeholder'),
      }}
    />
  )
}
