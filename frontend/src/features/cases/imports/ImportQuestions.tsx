import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { useReconcile } from '@/api/imports'
import { Problem } from '@/api/problem'
import type { CaseDetail, ImportBatch } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { MismatchPanel } from '../MismatchPanel'

/** Files that name another patient wait here: one question per identity found in them. */
export function ImportQuestions({ entry, batch }: { entry: CaseDetail; batch: ImportBatch }) {
  const { t } = useTranslation('cases')
  const reconcile = useReconcile(batch.id)
  const questions = batch.mismatches
    .map((details) => ({ details, key: String(details.key) }))
    .map((one) => ({ ...one, count: batch.files.filter((file) => file.verdict === 'held' && file.mismatch_key === one.key).length }))
    .filter((one) => one.count > 0)
  return (
    <>
      {reconcile.error && <ProblemNotice problem={reconcile.error} />}
      {questions.map(({ details, key, count }) => (
        <section key={key} data-testid="identity-question" aria-label={t('import.question', { count })}>
          <Text fw={600} mb="xs">
            {t('import.question', { count })}
          </Text>
          <MismatchPanel
            problem={new Problem({ status: 409, code: 'patient_mismatch', title: '', details })}
            mayConfirm={entry.can.includes('confirm_mismatch')}
            busy={reconcile.isPending}
            backLabel={t('import.refuse')}
            onConfirm={(reason) => reconcile.mutate({ key, same_patient: true, reason })}
            onBack={() => reconcile.mutate({ key, same_patient: false })}
          />
        </section>
      ))}
    </>
  )
}
