import { useTranslation } from 'react-i18next'
import { useParams, useSearchParams } from 'react-router-dom'

import { useIntakeList } from '@/api/intake'
import { LoadingRows } from '@/ui/DataTable'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen } from '@/ui/Screen'

import { ArrivalScreen } from './ArrivalScreen'
import { ListScreen } from './ListScreen'

/** A list of patients on its way to an agenda: first it arrives, then it is gone through. */
export default function IntakeRoute() {
  const { listId } = useParams()
  const [search] = useSearchParams()
  if (!listId) return <ArrivalScreen board={search.get('board')} meeting={search.get('meeting')} />
  return <OneList listId={listId} meeting={search.get('meeting')} />
}

function OneList({ listId, meeting }: { listId: string; meeting: string | null }) {
  const { t } = useTranslation('intake')
  const list = useIntakeList(listId)
  if (list.data) return <ListScreen list={list.data} meeting={meeting} />
  return (
    <Screen title={t('title')}>
      {list.error ? <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} /> : <LoadingRows label={t('common:list.loading')} rows={8} />}
    </Screen>
  )
}
