import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconFileExport, IconFileImport } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { CaseDetail, Study } from '@/api/types'

import { ExportDialog } from './ExportDialog'
import { ImportMaskDialog } from './ImportMaskDialog'
import { studyName } from './words'

interface StudyMenuProps {
  entry: CaseDetail
  study: Study
}

/** What else may be done with a study: its images out for research, and a mask back. */
export function StudyMenu({ entry, study }: StudyMenuProps) {
  const { t } = useTranslation('research')
  const [dialog, setDialog] = useState<'export' | 'import' | null>(null)
  const hasImages = study.series.some((series) => series.kind === 'image')
  if (study.state !== 'ready' || !hasImages || !entry.can.includes('view_identified')) return null
  const close = () => setDialog(null)
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('menu', { study: studyName(study) })}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFileExport size={15} aria-hidden />} onClick={() => setDialog('export')}>
            {t('export.open')}
          </Menu.Item>
          {entry.can.includes('annotate') && (
            <Menu.Item leftSection={<IconFileImport size={15} aria-hidden />} onClick={() => setDialog('import')}>
              {t('import.open')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog === 'export' && <ExportDialog caseId={entry.id} study={study} onClose={close} />}
      {dialog === 'import' && <ImportMaskDialog caseId={entry.id} study={study} onClose={close} />}
    </>
  )
}
