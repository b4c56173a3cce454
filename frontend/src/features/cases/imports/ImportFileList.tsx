import { IconAlertTriangle, IconArrowUp, IconCheck, IconClock, IconCopy, IconUserQuestion } from '@tabler/icons-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { Problem } from '@/api/problem'
import type { ImportFile } from '@/api/types'
import { fileAt } from '@/api/upload'
import { Chip, type Tone } from '@/ui/Chip'
import { formatBytes, formatCount, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { VirtualRows } from '@/ui/VirtualRows'

import classes from '../Case.module.css'
import type { Sending } from './useUpload'

type Standing = ImportFile['verdict'] | 'sending' | 'arrived'

const STANDINGS: Record<Standing, { tone: Tone; icon: typeof IconCheck; rank: number }> = {
  held: { tone: 'urgent', icon: IconUserQuestion, rank: 0 },
  rejected: { tone: 'urgent', icon: IconAlertTriangle, rank: 1 },
  pending: { tone: 'neutral', icon: IconClock, rank: 2 },
  sending: { tone: 'accent', icon: IconArrowUp, rank: 2 },
  arrived: { tone: 'neutral', icon: IconCheck, rank: 2 },
  duplicate: { tone: 'neutral', icon: IconCopy, rank: 3 },
  stored: { tone: 'ok', icon: IconCheck, rank: 4 },
}

const TRACKS = '150px minmax(0, 1.4fr) 72px minmax(0, 1fr)'

function useHeadings(): string[] {
  const { t } = useTranslation('cases')
  return [t('import.column.verdict'), t('import.column.file'), t('import.column.size'), t('import.column.reason')]
}

function StandingChip({ standing }: { standing: Standing }) {
  const { tone, icon: Icon } = STANDINGS[standing]
  return (
    <Chip tone={tone} icon={<Icon size={13} aria-hidden />}>
      {wordFor('verdict', standing)}
    </Chip>
  )
}

const Name = ({ name }: { name: string }) => (
  <span className={classes.fileName} title={name}>
    {name}
  </span>
)

/** What became of each file; what somebody has to act upon comes first. */
export function VerdictList({ files }: { files: ImportFile[] }) {
  const { t } = useTranslation('cases')
  const headings = useHeadings()
  const sorted = useMemo(() => [...files].sort((a, b) => STANDINGS[a.verdict].rank - STANDINGS[b.verdict].rank), [files])
  const counts = useMemo(() => {
    const found: Partial<Record<Standing, number>> = {}
    for (const file of files) found[file.verdict] = (found[file.verdict] ?? 0) + 1
    return found
  }, [files])
  const count = (standing: Standing) => formatCount(counts[standing] ?? 0)
  const incomplete = files.filter(({ code }) => code === 'disc_incomplete')
  return (
    <div>
      {incomplete.map((file) => (
        <ProblemNotice key={file.position} problem={new Problem({ status: 422, code: file.code, title: file.reason, detail: file.reason })} />
      ))}
      <p role="status">
        {t('import.done', { stored: count('stored'), duplicate: count('duplicate'), rejected: count('rejected') })}
        {counts.held ? `, ${t('import.held', { count: counts.held })}` : ''}
        {counts.pending ? `, ${t('import.pending', { count: counts.pending })}` : ''}
      </p>
      <VirtualRows
        label={t('import.files')}
        headings={headings}
        tracks={TRACKS}
        count={sorted.length}
        renderCells={(index) => {
          const file = sorted[index]
          if (!file) return []
          return [
            <StandingChip key="verdict" standing={file.verdict} />,
            <Name key="name" name={file.name} />,
            formatBytes(file.size_bytes),
            <span key="reason" title={file.reason}>
              {file.reason}
            </span>,
          ]
        }}
      />
    </div>
  )
}

/** The files on their way, in the order in which they are sent. */
export function SendingList({ sending }: { sending: Sending }) {
  const { t } = useTranslation('cases')
  const headings = useHeadings()
  const { files, starts, offset } = sending
  const current = fileAt(starts, offset)
  const standingOf = (index: number): Standing => {
    if (index < current) return 'arrived'
    return index === current && offset > (starts[index] ?? 0) ? 'sending' : 'pending'
  }
  return (
    <VirtualRows
      label={t('import.files')}
      headings={headings}
      tracks={TRACKS}
      count={files.length}
      renderCells={(index) => {
        const entry = files[index]
        if (!entry) return []
        const { size } = entry
        const part = standingOf(index) === 'sending' ? t('import.part', { sent: formatBytes(offset - (starts[index] ?? 0)), size: formatBytes(size) }) : ''
        return [<StandingChip key="standing" standing={standingOf(index)} />, <Name key="name" name={entry.name} />, formatBytes(size), part]
      }}
    />
  )
}
