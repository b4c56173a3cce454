import { Button, Modal, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDatabaseOff, IconDatabaseSearch, IconPlugConnectedX, IconSearchOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { ALL_PACS, type PacsQuery, useLinkStudy, usePacsList, usePacsSearch } from '@/api/cases'
import { asProblem } from '@/api/problem'
import type { CaseDetail, PacsAnswer, PacsStudy, Study } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { MismatchPanel } from './MismatchPanel'
import { PacsAnswers } from './PacsAnswers'
import { PacsResults } from './PacsResults'

interface LinkStudyDialogProps {
  entry: CaseDetail
  linked: Study[]
  onClose: () => void
}

/** QIDO search in all PACS or in one; a chosen study is linked and its images fetched. */
export function LinkStudyDialog({ entry, linked, onClose }: LinkStudyDialogProps) {
  const { t } = useTranslation('cases')
  const pacsList = usePacsList()
  const [chosenPacs, setChosenPacs] = useState<string | null>(null)
  const active = (pacsList.data ?? []).filter((pacs) => pacs.is_active !== false)
  const scope = chosenPacs ?? (active.length > 1 ? ALL_PACS : (active[0]?.id ?? null))
  const [fields, setFields] = useState<PacsQuery>({ PatientID: entry.patient.patient_id })
  const [query, setQuery] = useState<PacsQuery | null>(null)
  const found = usePacsSearch(scope, query)
  const link = useLinkStudy(entry.id)
  const [linking, setLinking] = useState<PacsStudy | null>(null)
  const problem = link.error ? asProblem(link.error) : null
  const mismatch = problem?.code === 'patient_mismatch' ? problem : null

  const start = (study: PacsStudy, reason?: string) => {
    const [first] = study.held_by
    if (!first) return
    setLinking(study)
    link.mutate(
      { pacs: first.pacs, study_instance_uid: study.study_instance_uid, ...(reason ? { mismatch_reason: reason } : {}) },
      { onSuccess: () => notifications.show({ message: t('link.done') }) },
    )
  }
  const field = (name: keyof PacsQuery, label: string, placeholder?: string) => (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={fields[name] ?? ''}
      onChange={(event) => setFields({ ...fields, [name]: event.currentTarget.value })}
    />
  )
  return (
    <Modal opened onClose={onClose} title={t('link.title')} size={880}>
      {mismatch && linking ? (
        <MismatchPanel
          problem={mismatch}
          mayConfirm={entry.can.includes('confirm_mismatch')}
          busy={link.isPending}
          onConfirm={(reason) => start(linking, reason)}
          onBack={() => link.reset()}
        />
      ) : pacsList.data && active.length === 0 ? (
        <EmptyState icon={IconDatabaseOff} title={t('link.noPacs')} hint={t('link.noPacsHint')} />
      ) : (
        <Stack gap="sm">
          <form
            onSubmit={(event) => {
              event.preventDefault()
              setQuery({ ...fields })
              if (query && JSON.stringify(query) === JSON.stringify(fields)) void found.refetch()
            }}
          >
            <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="sm">
              <Select
                label={t('link.pacs')}
                allowDeselect={false}
                value={scope}
                onChange={setChosenPacs}
                data={[
                  ...(active.length > 1 ? [{ value: ALL_PACS, label: t('link.allPacs') }] : []),
                  ...active.map((pacs) => ({ value: pacs.id, label: pacs.name })),
                ]}
              />
              {field('PatientID', t('link.patientId'))}
              {field('PatientName', t('link.patientName'))}
              {field('StudyDate', t('link.date'), t('link.dateHint'))}
              {field('AccessionNumber', t('link.accession'))}
              <Button type="submit" mt={24} loading={found.isFetching} disabled={!scope || !Object.values(fields).some((value) => value?.trim())}>
                {t('link.search')}
              </Button>
            </SimpleGrid>
          </form>
          {pacsList.error && <ProblemNotice problem={pacsList.error} onRetry={() => void pacsList.refetch()} />}
          {problem && !mismatch && <ProblemNotice problem={problem} />}
          {found.error ? (
            <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />
          ) : query === null ? (
            <EmptyState icon={IconDatabaseSearch} title={t('link.start')} hint={t('link.startHint')} />
          ) : found.data === undefined ? (
            <LoadingRows label={t('common:list.loading')} rows={3} />
          ) : (
            <>
              <PacsAnswers answers={found.data.answers} />
              {found.data.results.length === 0 ? (
                <NothingFound answers={found.data.answers} />
              ) : (
                <PacsResults
                  studies={found.data.results}
                  showPacs={active.length > 1}
                  linkedUids={new Set(linked.map((study) => study.study_instance_uid))}
                  busyUid={link.isPending ? (linking?.study_instance_uid ?? null) : null}
                  onLink={start}
                />
              )}
            </>
          )}
        </Stack>
      )}
    </Modal>
  )
}

/** Nothing there is not the same as nobody answered. */
function NothingFound({ answers }: { answers: readonly PacsAnswer[] }) {
  const { t } = useTranslation('cases')
  const silent = answers.filter((answer) => answer.error !== null).length
  if (silent === 0) return <EmptyState icon={IconSearchOff} title={t('link.none')} hint={t('link.noneHint')} />
  if (silent === answers.length) return <EmptyState icon={IconPlugConnectedX} title={t('link.nobody')} hint={t('link.nobodyHint')} />
  return <EmptyState icon={IconSearchOff} title={t('link.noneOfThose')} hint={t('link.noneOfThoseHint')} />
}
