import { MultiSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { useSetQuorum } from '@/api/attendance'
import { useBoards } from '@/api/boards'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

const DISCIPLINES = [
  'radiology',
  'nuclear_medicine',
  'pathology',
  'surgery',
  'medical_oncology',
  'radiation_oncology',
  'gastroenterology',
  'pulmonology',
  'nursing',
  'coordination',
]

/** The disciplines without which this board has no quorum; its chair and coordinator choose them. */
export function QuorumField({ boardId, mayEdit }: { boardId: string; mayEdit: boolean }) {
  const { t } = useTranslation('people')
  const boards = useBoards()
  const save = useSetQuorum(boardId)
  const board = boards.data?.find((one) => one.id === boardId)
  if (!board) return null
  const chosen = save.isPending ? save.variables : board.quorum
  if (!mayEdit) {
    return <p>{t('quorum.needs', { disciplines: chosen.map((one) => wordFor('discipline', one)).join(', ') || t('quorum.nobody') })}</p>
  }
  return (
    <>
      <MultiSelect
        mb="sm"
        label={t('quorum.label')}
        description={t('quorum.description')}
        value={chosen}
        onChange={(quorum) => save.mutate(quorum)}
        data={DISCIPLINES.map((value) => ({ value, label: wordFor('discipline', value) }))}
        clearable
      />
      {save.error && <ProblemNotice problem={save.error} />}
    </>
  )
}
