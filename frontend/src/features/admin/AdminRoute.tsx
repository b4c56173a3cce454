import { Tabs } from '@mantine/core'
import { IconBuildingHospital, IconDatabase, IconUsers } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'

import { Screen } from '@/ui/Screen'

import { InstitutionsTab } from './InstitutionsTab'
import { PacsTab } from './PacsTab'
import { PeopleTab } from './PeopleTab'

const TABS = [
  { key: 'people', icon: IconUsers, Panel: PeopleTab },
  { key: 'institutions', icon: IconBuildingHospital, Panel: InstitutionsTab },
  { key: 'pacs', icon: IconDatabase, Panel: PacsTab },
] as const

export default function AdminRoute() {
  const { t } = useTranslation('admin')
  const [parameters, setParameters] = useSearchParams()
  return (
    <Screen title={t('title')} lead={t('lead')}>
      <Tabs value={parameters.get('tab') ?? 'people'} onChange={(tab) => setParameters(tab ? { tab } : {})} keepMounted={false}>
        <Tabs.List mb="md">
          {TABS.map(({ key, icon: Icon }) => (
            <Tabs.Tab key={key} value={key} leftSection={<Icon size={16} aria-hidden />}>
              {t(`tabs.${key}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {TABS.map(({ key, Panel }) => (
          <Tabs.Panel key={key} value={key}>
            <Panel />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Screen>
  )
}
