import { Button } from '@mantine/core'
import { IconPlus, IconRobot } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useMe } from '@/api/session'
import type { AutomationRule } from '@/api/types'
import { useAutomationRules } from '@/api/urgency'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import classes from './Automation.module.css'
import { RuleDialog } from './RuleDialog'
import { RuleRow } from './RuleRow'
import { TierSection } from './TierSection'

export default function AutomationRoute() {
  const { t } = useTranslation('automation')
  const me = useMe()
  const rules = useAutomationRules()
  const [editing, setEditing] = useState<AutomationRule | 'new' | null>(null)
  const mayMake = rules.data && (rules.data.may_make_house_rules || rules.data.boards.length > 0)
  return (
    <Screen
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <Button component={Link} to="/models" variant="default">
            {t('back')}
          </Button>
          {mayMake && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setEditing('new')}>
              {t('new')}
            </Button>
          )}
        </>
      }
    >
      <Section title={t('rules')} count={rules.data?.results.length}>
        {rules.error && !rules.data && <ProblemNotice problem={rules.error} onRetry={() => void rules.refetch()} />}
        {!rules.data && !rules.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
        {rules.data?.results.length === 0 && <EmptyState icon={IconRobot} title={t('none')} hint={t('noneHint')} />}
        {rules.data && rules.data.results.length > 0 && (
          <ul className={classes.rows} aria-label={t('rules')}>
            {rules.data.results.map((rule) => (
              <RuleRow key={rule.id} rule={rule} onEdit={() => setEditing(rule)} />
            ))}
          </ul>
        )}
      </Section>
      {me.data?.system_roles.includes('ai_admin') && <TierSection />}
      {editing && rules.data && <RuleDialog rule={editing === 'new' ? null : editing} known={rules.data} onClose={() => setEditing(null)} />}
    </Screen>
  )
}
